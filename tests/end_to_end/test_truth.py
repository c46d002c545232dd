"""Every mart of the demo against the synthetic truth, and every indicator against plain SQL over the truth."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from publishing.registry import load_registry
from tests.conftest import Deployment
from tests.end_to_end.differences import difference
from tests.end_to_end.truth_accounts import RACE, RACES
from tests.end_to_end.truth_attributes import DISAGGREGATES
from tests.end_to_end.truth_cells import CELL_COLUMNS, DEFINITIONS, LEVELS, WITHOUT_VALUES, count_true_cells

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

# one truth row per fact that the gate let through, with the warehouse's own id of the person it belongs to
PERSON_OF = "inner join identity using (true_person_id)"
ORGANIZATION = "partner_id || ':' || lower(school_id)"
WHEN = "person_id, school_year, collection"

# mart -> (its columns, the same from the truth)
MARTS = {
    "fct_enrollment": (
        f"{WHEN}, organization_id, entry_date, exit_date, grade_level, exit_code",
        f"{WHEN}, {ORGANIZATION}, entry_date, exit_date, grade_level, exit_code from truth.enrollment",
    ),
    "fct_attendance": (
        f"{WHEN}, organization_id, days_enrolled, days_absent",
        f"{WHEN}, {ORGANIZATION}, sum(days_enrolled), sum(days_absent) from truth.attendance",
    ),
    "fct_assessment": (
        f"{WHEN}, assessment_id, assessment_type, subject, domain, test_date, scale_score, performance_level",
        f"{WHEN}, assessment_id, assessment_type, subject, domain, test_date, scale_score, performance_level from assessments",
    ),
    "fct_discipline": (
        f"{WHEN}, partner_id, incident_id, action_code, organization_id, action_date, days_removed",
        f"{WHEN}, partner_id, incident_id, action_code, {ORGANIZATION}, action_date, days_removed from truth.discipline",
    ),
    "fct_course_mark": (
        f"{WHEN}, partner_id, course_id, term, subject_area, mark, credits_attempted, credits_earned",
        f"{WHEN}, partner_id, course_id, term, subject_area, mark, credits_attempted, credits_earned from truth.course_mark",
    ),
    "fct_diploma": (
        f"{WHEN}, diploma_type, diploma_date, partner_id",
        f"{WHEN}, diploma_type, diploma_date, partner_id from truth.diploma",
    ),
    "fct_postsecondary_enrollment": (
        f"{WHEN}, college_code, enrollment_begin_date, enrollment_end_date, enrollment_status",
        f"{WHEN}, college_code, enrollment_begin_date, enrollment_end_date, enrollment_status "
        "from truth.postsecondary_enrollment",
    ),
}

PROJECT = Path(__file__).parents[2] / "dbt_project"
Demo = tuple[Deployment, duckdb.DuckDBPyConnection]


def test_each_child_is_one_person_and_each_person_one_child(demo: Demo) -> None:
    _, con = demo
    counts = "select count(*), count(distinct true_person_id), count(distinct person_id) from identity"
    rows, children, persons = con.execute(counts).fetchall()[0]
    assert rows == children == persons
    assert con.execute("select count(distinct true_person_id) from truth.person").fetchall() == [(children,)]


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_holds_exactly_the_truth(demo: Demo, mart: str) -> None:
    _, con = demo
    columns, truth = MARTS[mart]
    grouped = " group by all" if "sum(" in truth else ""
    ours = f"select {columns} from warehouse.marts.{mart}"
    true_rows = f"select {truth} {PERSON_OF} where not is_held_back{grouped}"
    assert difference(con, ours, true_rows) == []
    rows = con.execute(
        f"select count(*), count(distinct ({columns})) from warehouse.marts.{mart}"
    ).fetchall()[0]
    assert rows[0] == rows[1] > 0


def test_staff_are_the_true_staff_without_a_word_of_who_they_are(demo: Demo) -> None:
    _, con = demo
    columns = (
        f"partner_id, school_year, collection, {ORGANIZATION} as organization_id, staff_classification, "
        f"full_time_equivalent, {RACE} as race_ethnicity, {RACES} as races, start_date, end_date"
    )
    staff = "(select * exclude race_ethnicity, race_ethnicity as races from truth.staff_assignment)"
    truth = f"select {columns}, count(*) as n from {staff} where not is_held_back group by all"
    same = (
        truth.replace(ORGANIZATION, "organization_id").replace(RACE, "race_ethnicity").replace(RACES, "races")
    )
    ours = same.replace(staff, "warehouse.marts.fct_staff_assignment").replace("where not is_held_back", "")
    assert difference(con, ours, truth) == []
    people = "select partner_id, school_year, count(*), count(distinct {}) from {} group by all"
    ours = people.format("staff_key", "warehouse.marts.fct_staff_assignment")
    assert difference(con, ours, people.format("staff_id", "truth.staff_assignment")) == []
    mart = con.sql("from warehouse.marts.fct_staff_assignment")
    texts = [name for name, kind in zip(mart.columns, mart.types, strict=True) if str(kind) == "VARCHAR"]
    said = " union all ".join(
        f"select {name} as said from warehouse.marts.fct_staff_assignment" for name in texts
    )
    told = f"select count(*) from ({said}) where said in (select staff_id from truth.staff_assignment)"
    assert con.execute(told).fetchall() == [(0,)]


def test_schools_are_the_true_schools(demo: Demo) -> None:
    _, con = demo
    ours = (
        "select organization_id, school_name, school_level from warehouse.marts.dim_school where is_described"
    )
    truth = (
        f"select distinct {ORGANIZATION}, school_name, school_level from truth.school where not is_held_back"
    )
    assert difference(con, ours, truth) == []


def test_persons_carry_true_gender_race_and_birth_year(demo: Demo) -> None:
    _, con = demo
    ours = "select person_id, birth_year, gender, race_ethnicity from warehouse.marts.dim_person where person_id in (select person_id from truth_person)"
    con.execute(
        f"""
        create or replace table truth_person as
        select person_id, mode(year(birth_date)) as birth_year, any_value(years.gender) as gender,
            any_value(years.race_ethnicity) as race_ethnicity
        from truth.person {PERSON_OF}
        inner join (select distinct true_person_id, gender, race_ethnicity from truth.student_year) as years
            using (true_person_id)
        where not is_held_back group by person_id
        """
    )
    truth = "select person_id, birth_year, gender, race_ethnicity from truth_person"
    assert difference(con, ours, truth) == []


@pytest.fixture(scope="module")
def true_cells(demo: Demo) -> duckdb.DuckDBPyConnection:
    """Table `true_cells`, beside the warehouse; nothing of the warehouse went into it but the mapping of ids.

    Facts of schools are of true children, those of other sectors of whom their partner's number is linked to.
    """
    _, con = demo
    count_true_cells(con)
    return con


def test_student_years_have_the_true_school_days_and_attributes(
    true_cells: duckdb.DuckDBPyConnection,
) -> None:
    facts = f"{WHEN}, organization_id, is_enrolled, grade_level, days_enrolled, days_absent"
    words = ", ".join(f"coalesce({name}, 'unknown')" for name in (*DISAGGREGATES, "zip_code", "tract_id"))
    ours = f"select {facts}, {words} from warehouse.marts.fct_student_year"
    truth = f"select {facts}, {words} from years where ({WHEN}) in (select ({WHEN}) from school_years)"
    assert difference(true_cells, ours, truth) == []


def test_few_persons_are_two_children(demo: Demo) -> None:
    """Where linking took two children for one, what is told of either is of that person here too."""
    _, con = demo
    n_mixed, n = con.execute(
        "select count(*) filter (n > 1), count(*) from (select person_id, count(distinct true_person_id) as n "
        "from links inner join truth.who_is_who using (partner_id, student_id) group by all)"
    ).fetchall()[0]
    assert n_mixed <= n / 1000


def test_the_deliveries_ended_as_the_manifest_says(demo: Demo) -> None:
    here, _ = demo
    manifest = json.loads((here.home / "demo" / "manifest.json").read_text())
    expected: dict[tuple[str, str], tuple[str, int]] = {}
    for file in [*manifest["deliveries"], *manifest["rejected"]]:
        for part in file["expected"]:
            expected[Path(file["path"]).name, part["extract_id"]] = (part["outcome"], part["quarantined"])
    ended: dict[tuple[str, str], tuple[str, int]] = {}
    for line in (here.home / "ledger.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] in ("accepted", "accepted_with_quarantine", "rejected"):
            key = (event["file_name"], event["extract_id"])
            before = ended.get(key, ("accepted", 0))
            gravest = max(
                before[0], event["event"], key=["accepted", "accepted_with_quarantine", "rejected"].index
            )
            ended[key] = (gravest, before[1] + (event["quarantined"] or 0))
    wrong = {
        key: (ended.get(key), value)
        for key, value in expected.items()
        if ended.get(key, ("?", 0))[0] != value[0]
    }
    assert wrong == {}
    held = {
        key: (ended[key], value)
        for key, value in expected.items()
        if value[0] == "accepted_with_quarantine" and ended[key][1] != value[1]
    }
    assert held == {}


@pytest.mark.parametrize(("indicator", "version"), DEFINITIONS)
def test_indicator_cells_equal_plain_sql_over_the_truth(
    true_cells: duckdb.DuckDBPyConnection, indicator: str, version: str
) -> None:
    of_version = f"where indicator_id = '{indicator}' and definition_version = '{version}'"
    ours = f"from warehouse.marts.indicator_cells select {CELL_COLUMNS} {of_version}"
    truth = f"from true_cells select {CELL_COLUMNS} {of_version}"
    assert difference(true_cells, ours, truth) == []
    rows = true_cells.execute(f"select (select count(*) from ({ours})), (select count(*) from ({truth}))")
    n_ours, n_true = rows.fetchall()[0]
    assert n_ours == n_true > 0


def test_every_version_is_compared_with_the_truth_or_has_no_value(demo: Demo) -> None:
    _, con = demo
    versions = "select distinct indicator_id, definition_version from warehouse.marts.indicator_cells"
    assert set(con.execute(versions).fetchall()) == set(DEFINITIONS)
    registered = {
        (indicator.id, definition.version)
        for indicator in load_registry(PROJECT).values()
        for definition in indicator.definitions
    }
    assert registered == {*DEFINITIONS, *WITHOUT_VALUES}


def test_levels_and_disaggregates_add_up(demo: Demo) -> None:
    _, con = demo
    cells = "warehouse.marts.indicator_cells"
    key = "indicator_id, definition_version, school_year, collection"
    kinds = f"(select distinct geography_level, disaggregate from {cells})"
    assert (
        con.execute(
            f"select {key}, geography_level, geography_id, disaggregate, sum(denominator), sum(numerator) from {cells} "
            f"group by all except select {key}, geography_level, geography_id, d.disaggregate, denominator, numerator "
            f"from {cells} as c inner join {kinds} as d using (geography_level) where c.disaggregate = 'all'"
        ).fetchall()
        == []
    )
    for level in LEVELS:
        added = (
            f"select {key}, disaggregate, subgroup, sum(denominator), sum(numerator) from {cells} "
            f"where geography_level = '{level}' group by all"
        )
        community = (
            f"select {key}, disaggregate, subgroup, denominator, numerator from {cells} "
            f"where geography_level = 'community' and ('{level}', disaggregate) in (from {kinds})"
        )
        assert difference(con, added, community) == []
    n = con.execute(f"select geography_level, count(*) from {kinds} group by all").fetchall()
    # all, 22 disaggregates and, but for ZIP codes and tracts, 55 pairs of 11 of them
    assert dict(n) == {"school": 78, "district": 78, "community": 78, "zip": 23, "tract": 23}
