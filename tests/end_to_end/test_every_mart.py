"""No table of the demo's marts is left that nothing was held against: what other files do not compare, and a list of all."""

from __future__ import annotations

import json

import duckdb
import pytest

from publishing.registry import load_registry
from tests.conftest import Deployment
from tests.end_to_end.differences import difference
from tests.end_to_end.test_truth import MARTS, PERSON_OF, PROJECT
from tests.end_to_end.test_truth_of_sectors import OF_PERSONS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

Demo = tuple[Deployment, duckdb.DuckDBPyConnection]
# what no partner of Riverbend sends
EMPTY = ("fct_guardian", "fct_condition", "fct_financial_aid_application")
# mart -> the test that compares it, beside those that are listed where they are compared
COMPARED = {
    "dim_person": "test_truth.test_persons_carry_true_gender_race_and_birth_year",
    "dim_school": "test_truth.test_schools_are_the_true_schools",
    "fct_student_year": "test_truth.test_student_years_have_the_true_school_days_and_attributes",
    "fct_staff_assignment": "test_truth.test_staff_are_the_true_staff_without_a_word_of_who_they_are",
    "indicator_cells": "test_truth.test_indicator_cells_equal_plain_sql_over_the_truth",
    "fct_eviction": "test_truth_of_sectors.test_evictions_are_the_courts_cases",
    "fct_area_measure": "test_truth_of_sectors.test_estimates_have_their_margins_and_hidden_numbers_are_hidden",
    "dim_organization": "test_truth_of_sectors.test_the_directory_has_its_organizations_places_and_services",
    "dim_site": "test_truth_of_sectors.test_the_directory_has_its_organizations_places_and_services",
    "dim_service": "test_truth_of_sectors.test_the_directory_has_its_organizations_places_and_services",
    "dim_service_at_site": "test_truth_of_sectors.test_the_directory_has_its_organizations_places_and_services",
    "household": "test_truth_of_households",
    "household_member": "test_truth_of_households",
    "person_household_year": "test_truth_of_households",
    "dim_program": "below",
    "dim_place": "below, and tests/identity/test_places_of_riverbend",
    "dim_place_account": "below, and tests/identity/test_places_of_riverbend",
    "load_history": "below",
    "load_quality": "below",
    "match_rates": "below",
    "unmapped_codes": "below",
    "early_warning": "a dbt unit test, and below",
    "program_comparisons": "tests/dbt_project/test_program_comparisons",
}


def test_every_table_of_marts_is_compared(demo: Demo) -> None:
    _, con = demo
    rows = con.execute(
        "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'marts' "
        "union all select view_name from duckdb_views() where database_name = 'warehouse' and schema_name = 'marts'"
    ).fetchall()
    indicators = load_registry(PROJECT)  # whose outcomes are the cells that are compared
    assert {name for (name,) in rows} - indicators.keys() == {*MARTS, *OF_PERSONS, *COMPARED, *EMPTY}


@pytest.mark.parametrize("mart", EMPTY)
def test_what_nobody_sends_is_empty(demo: Demo, mart: str) -> None:
    here, con = demo
    entity = mart.removeprefix("fct_")
    sent = [json.loads(line)["entity"] for line in (here.home / "ledger.jsonl").read_text().splitlines()]
    assert entity not in sent
    assert con.execute(f"select count(*) from warehouse.marts.{mart}").fetchall() == [(0,)]


def test_programs_are_those_that_children_take_part_in_and_those_that_a_directory_names(demo: Demo) -> None:
    _, con = demo
    ours = (
        "select program_id from warehouse.marts.dim_program "
        "where partner_id in (select partner_id from truth.participation)"
    )
    truth = "select distinct partner_id || ':' || lower(program_id) from truth.participation"
    assert difference(con, ours, truth) == []
    listed = "select count(*), count(distinct program_id) from warehouse.marts.dim_program where partner_id = 'service_directory'"
    assert con.execute(listed).fetchall() == [(6, 6)]


def test_each_school_is_one_account_of_one_place(demo: Demo) -> None:
    _, con = demo
    ours = (
        "select account_id from warehouse.marts.dim_place_account where entity = 'school' "
        "and place_id in (select place_id from warehouse.marts.dim_place)"
    )
    truth = "select distinct partner_id || ':' || lower(school_id) from truth.school where not is_held_back"
    assert difference(con, ours, truth) == []


def test_deliveries_are_as_the_ledger_and_the_gate_say(demo: Demo) -> None:
    """Rows of each file in force are those of its raw file; what was held back is what quarantine has."""
    here, con = demo
    raw = f"read_parquet('{here.home}/raw/*/**/*.parquet', union_by_name = true)"
    ours = (
        "select load_id, n_rows from warehouse.marts.load_history "
        "where state in ('accepted', 'accepted_with_quarantine') and n_rows > 0"
    )
    assert difference(con, ours, f"select _load_id, count(*) from {raw} group by all") == []
    gate = f"read_parquet('{here.home}/gate/*.parquet', union_by_name = true)"
    of_gate = f"select load_id, count(*), sum(violations) from {gate} where not passed group by all"
    known = "select load_id, count(*), sum(n_violations) from warehouse.marts.load_quality where not is_passed group by all"
    assert difference(con, known, of_gate) == []


def test_match_rates_count_children_that_another_partner_knows(demo: Demo) -> None:
    here, con = demo
    persons = f"read_parquet('{here.home}/raw/person/**/*.parquet', union_by_name = true)"
    truth = f"""
        with told as (
            select distinct _load_id as load_id, person_id
            from {persons} inner join links using (partner_id, student_id)
        ),
        known as (select person_id from links group by all having count(distinct partner_id) > 1)
        select load_id, count(*), count(*) filter (person_id in (from known)) from told group by all
    """
    ours = "select load_id, n_children, n_matched from warehouse.marts.match_rates where disaggregate = 'all'"
    files = f"load_id in (select distinct _load_id from {persons})"
    assert difference(con, f"{ours} and {files}", truth) == []
    # each child is of one gender and one race, known or not
    parts = (
        "select distinct load_id, sum(n_children), sum(n_matched) from warehouse.marts.match_rates "
        "where disaggregate = '{}' group by load_id"
    )
    for disaggregate in ("gender", "race_ethnicity"):
        assert difference(con, parts.format(disaggregate), ours) == [], disaggregate


def test_codes_that_nothing_maps_are_those_that_were_planted(demo: Demo) -> None:
    """A mark and an action that River City's crosswalks have not; of one that stands in few rows the code is not told."""
    _, con = demo
    ours = "select field, school_year, sum(n_rows) from warehouse.marts.unmapped_codes group by all"
    truth = "select 'mark', school_year, count(*) from truth.course_mark where mark = 'unmapped' group by all"
    truth += (
        " union all select 'action_code', school_year, count(*) from truth.discipline "
        "where action_code = 'unmapped' group by all"
    )
    assert difference(con, ours, truth) == []
    told = "select distinct field, partner_code from warehouse.marts.unmapped_codes where n_rows >= 5"
    assert con.execute(told).fetchall() == [("mark", "NG")]
    few = "select count(partner_code) from warehouse.marts.unmapped_codes where n_rows < 5"
    assert con.execute(few).fetchall() == [(0,)]


def test_who_is_warned_of_for_absence_missed_a_tenth_of_the_days(demo: Demo) -> None:
    """Of the children at school in the last year, by the days of the truth."""
    _, con = demo
    ours = "select person_id from warehouse.marts.early_warning where list_contains(string_split(flags, ';'), 'chronic_absence')"
    truth = f"""
        select person_id
        from truth.attendance {PERSON_OF}
        semi join (
            select person_id, school_year, collection from warehouse.marts.fct_student_year where is_enrolled
        ) using (person_id, school_year, collection)
        where not is_held_back and collection = 'annual' and school_year = (select max(school_year) from truth.attendance)
        group by person_id
        having sum(days_absent) >= 0.1 * sum(days_enrolled)
    """
    assert difference(con, ours, truth) == []
    assert con.execute(f"select count(*) > 50 from ({ours})").fetchall() == [(True,)]
