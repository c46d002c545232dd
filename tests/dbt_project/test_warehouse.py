"""From rows of a lake to indicator cells: the rules that only show when every layer works together."""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from tiny_warehouse import Lake, Row, Warehouse

from ingestion.home import Home
from tests.warehouse_to_write import write_warehouse

WITHOUT_PUBLISHED = ("--exclude", "path:models/disclosure", "path:models/published")
IN_PAIRS = (
    "race_ethnicity",
    "gender",
    "economic_disadvantage",
    "english_learner",
    "disability",
    "homelessness",
    "foster_care",
    "housing_assistance",
    "early_learning_history",
    "homelessness_any_source",
    "program_participation",
)
RACES = (
    "american_indian_or_alaska_native",
    "asian",
    "black_or_african_american",
    "hispanic_or_latino",
    "middle_eastern_or_north_african",
    "native_hawaiian_or_pacific_islander",
    "white",
)
BY_RACE = ("race_spd15", *(f"{race}_in_combination" for race in RACES))
SINGLES = (*IN_PAIRS, "home_language", "migrant", "military_connected", *BY_RACE)


def enrolled(student: str, school: str, grade: str = "05", **more: object) -> Row:
    return {
        "student_id": student,
        "school_id": school,
        "grade_level": grade,
        "entry_date": "2024-08-15",
        **more,
    }


def attended(student: str, school: str, days: float, absent: float) -> Row:
    return {"student_id": student, "school_id": school, "days_enrolled": days, "days_absent": absent}


def community(lake: Lake) -> Lake:
    """Five children in two partners: child 2 moved from north to south, child 4 has a code nobody knows."""
    lake.reference["crosswalks"] = [
        crosswalk("gender", "F", "female"),
        crosswalk("gender", "M", "male"),
        crosswalk("race_ethnicity", "1", "white"),
        crosswalk("race_ethnicity", "2", "asian"),
        # a code that changed its meaning: only rows of the years in force may use it
        crosswalk("race_ethnicity", "3", "white", last_year=2024),
        crosswalk("race_ethnicity", "3", "black_or_african_american", first_year=2025),
    ]
    lake.deliver(
        "person",
        2025,
        [
            {"student_id": "1", "gender": "F", "race_ethnicity": "1", "hispanic_ethnicity": "no"},
            {"student_id": "2", "gender": "M", "race_ethnicity": "1;2"},
            {"student_id": "3", "gender": "female", "race_ethnicity": "3"},
            {"student_id": "4", "gender": "Q", "race_ethnicity": "1", "hispanic_ethnicity": "yes"},
        ],
    )
    lake.deliver(
        "student_status", 2025, [{"student_id": "1", "is_homeless": True, "is_english_learner": False}]
    )
    lake.deliver("school", 2025, [{"school_id": "A", "school_name": "Ash", "district_id": "D1"}])
    lake.deliver("enrollment", 2025, [enrolled(s, "A") for s in "1234"])
    lake.deliver("enrollment", 2025, [enrolled("2", "B"), enrolled("5", "B")], partner="south")
    lake.deliver(
        "attendance",
        2025,
        [
            attended("1", "A", 180, 18),
            attended("2", "A", 60, 0),
            attended("3", "A", 180, 17),
            attended("4", "A", 9, 9),
        ],
    )
    lake.deliver(
        "attendance", 2025, [attended("2", "B", 120, 18), attended("5", "B", 100, 50)], partner="south"
    )
    # the state id makes both student numbers of child 2 one person
    lake.persons["south", "2"] = lake.persons["north", "2"]
    return lake


def crosswalk(field: str, code: str, conformed: str, **years: int) -> Row:
    whose = {"community_id": "riverbend", "partner_id": "north"}
    return {**whose, "field": field, "partner_code": code, "conformed_code": conformed, **years}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> Warehouse:
    """The community's warehouse, for tests that only read it."""
    built = Warehouse(manifest, community(Lake(tmp_path_factory.mktemp("home"))).finish())
    built.build(*WITHOUT_PUBLISHED)
    return built


def cell(
    warehouse: Warehouse, level: str, place: str, disaggregate: str = "all", subgroup: str = "all"
) -> Any:
    found = warehouse.query(f"""
        select denominator, numerator from marts.indicator_cells
        where indicator_id = 'chronic_absence' and definition_version = 'ten_percent' and school_year = 2025
          and geography_level = '{level}' and geography_id = '{place}'
          and disaggregate = '{disaggregate}' and subgroup = '{subgroup}'
    """)
    return found[0] if found else None


def test_a_transfer_between_partners_counts_once_with_all_its_days(warehouse: Warehouse) -> None:
    # child 2: 18 of 60 + 120 days is exactly 10 %, at south:b, where it was longest; child 4 stayed 9 days
    assert cell(warehouse, "community", "riverbend") == (4, 3)
    assert cell(warehouse, "district", "D1") == (2, 1)
    assert cell(warehouse, "district", "south") == (2, 2)
    # whom no school file describes, and two children alone were at
    assert cell(warehouse, "school", "south::unlisted") == (2, 2)


def test_codes_conform_by_crosswalk_year_and_federal_rule(warehouse: Warehouse) -> None:
    races = warehouse.query("select person_id, race_ethnicity, gender from marts.fct_student_year order by 1")
    assert races == [
        ("person_1", "white", "female"),
        ("person_2", "two_or_more_races", "male"),
        ("person_3", "black_or_african_american", "female"),
        ("person_4", "hispanic_or_latino", "unknown"),
        ("person_5", "unknown", "unknown"),
    ]


def test_unmapped_codes_are_counted_and_the_child_is_kept(warehouse: Warehouse) -> None:
    unmapped = warehouse.query("select extract_id, field, partner_code, n_rows from marts.unmapped_codes")
    # seen once only, so what it says is not repeated: it might be a name in the wrong column
    assert unmapped == [("north__person", "gender", None, 1)]
    staged = warehouse.query("select count(*) from marts.fct_student_year where person_id = 'person_4'")
    assert staged == [(1,)]


def test_cells_hold_the_total_all_singles_and_all_pairs(warehouse: Warehouse) -> None:
    pairs = {f"{first}_x_{second}" for first, second in combinations(IN_PAIRS, 2)}
    found = warehouse.query("select distinct disaggregate from marts.indicator_cells")
    assert {name for (name,) in found} == {"all", *SINGLES, *pairs}
    assert cell(warehouse, "community", "riverbend", "race_ethnicity_x_homelessness", "white|yes") == (1, 1)
    assert cell(warehouse, "community", "riverbend", "english_learner", "unknown") == (3, 2)
    assert cell(warehouse, "community", "riverbend", "english_learner", "no") == (1, 1)


def test_a_level_or_a_disaggregate_without_any_row_fails_the_build(
    warehouse: Warehouse, manifest: Any, tmp_path: Path
) -> None:
    shutil.copytree(warehouse.home.root, tmp_path / "home")
    copied = Warehouse(manifest, Home(tmp_path / "home"))
    adds_up = ("test", "--select", "indicator_cells_add_up")
    assert copied.dbt(*adds_up).success
    totals = "from marts.indicator_cells where geography_level = 'community' and disaggregate = 'all'"
    n_totals = copied.query(f"select count(*) {totals}")[0][0]
    with write_warehouse(copied.home) as con:
        con.execute("delete from marts.indicator_cells where geography_level = 'zip'")
        con.execute(
            "delete from marts.indicator_cells where geography_level = 'school' and disaggregate = 'gender'"
        )
    result = copied.dbt(*adds_up)
    # of each total its ZIP codes, by all and by every disaggregate but the pairs, and its schools by gender
    assert (result.success, result.result[0].failures) == (False, n_totals * (1 + len(SINGLES) + 1))


def test_a_restated_year_replaces_the_old_one(lake: Lake, manifest: Any) -> None:
    warehouse = Warehouse(manifest, community(lake).finish())
    warehouse.build(*WITHOUT_PUBLISHED)
    lake.deliver("attendance", 2025, [attended("1", "A", 180, 0), attended("3", "A", 180, 0)])
    warehouse.build(*WITHOUT_PUBLISHED)
    # child 2 keeps the 18 of 120 days at south; nobody at north is absent any more
    assert cell(warehouse, "community", "riverbend") == (4, 2)
    assert cell(warehouse, "district", "D1") == (2, 0)


def due(partner: str, entity: str) -> list[Row]:
    whose = {"community_id": "riverbend", "partner_id": partner, "entity": entity, "collection": "annual"}
    return [{**whose, "school_year": year} for year in (2023, 2024, 2025)]


def test_a_year_that_waits_for_a_partner_is_not_final(lake: Lake, manifest: Any) -> None:
    lake.reference["due_dates"] = [row for partner in ("north", "south", "new") for row in due(partner, "attendance")]
    for year in (2023, 2024, 2025):
        lake.deliver("attendance", year, [attended("1", "A", 180, 18)])
    lake.deliver("attendance", 2024, [attended("9", "B", 180, 18)], partner="south")
    warehouse = Warehouse(manifest, lake.finish())
    warehouse.build(*WITHOUT_PUBLISHED)
    found = warehouse.query("""
        select distinct geography_level, school_year, data_maturity from marts.indicator_cells
        where indicator_id = 'chronic_absence' order by all
    """)
    # south delivered 2024 first and owes 2025; new never delivered, so nobody misses it
    community = [("community", 2023, "final"), ("community", 2024, "final"), ("community", 2025, "preliminary")]
    others = [(level, year, "final") for level in ("district", "school", "tract", "zip") for year in (2023, 2024, 2025)]
    assert found == community + others


def failed_tests(lake: Lake, manifest: Any) -> set[str]:
    result = Warehouse(manifest, lake.finish()).dbt(
        "build", "--exclude-resource-types", "unit_test", *WITHOUT_PUBLISHED
    )
    return {node.node.name for node in result.result if node.status == "fail"}


def test_two_districts_of_one_id_stop_the_build(lake: Lake, manifest: Any) -> None:
    lake.deliver("school", 2025, [{"school_id": "A", "school_name": "Ash", "district_id": "1"}])
    bay = {"school_id": "B", "school_name": "Bay", "district_id": "1"}
    lake.deliver("school", 2025, [bay], partner="south")
    assert failed_tests(lake, manifest) == {"dim_school_districts_are_one_each"}


def test_a_child_with_more_days_than_a_year_has_stops_the_build(lake: Lake, manifest: Any) -> None:
    lake.deliver("attendance", 2025, [attended(student, "A", 180, 18) for student in "123"])
    for student in "23":
        lake.persons["north", student] = lake.persons["north", "1"]
    assert failed_tests(lake, manifest) == {"fct_student_year_days_fit_into_a_year"}


def test_a_child_without_a_link_fails_the_build(lake: Lake, manifest: Any) -> None:
    del community(lake).persons["south", "5"]
    result = Warehouse(manifest, lake.finish()).dbt("build", "--exclude-resource-types", "unit_test")
    failed = {node.node.name for node in result.result if node.status == "fail"}
    assert {"fct_attendance_children_are_linked", "fct_enrollment_children_are_linked"} <= failed


def test_a_cohort_counts_once_its_ninth_grade_was_delivered(lake: Lake, manifest: Any) -> None:
    # of 2021, the first year delivered, the ninth grade is the cohort of 2024; that of 2023 was in tenth by then
    grades = {2021: ("09", "10"), 2022: ("10", "11"), 2023: ("11", "12"), 2024: ("12", "12")}
    for year, (ninth, tenth) in grades.items():
        day = f"{year - 1}-08-15"
        rows = [enrolled("1", "A", ninth, entry_date=day), enrolled("2", "A", tenth, entry_date=day)]
        lake.deliver("enrollment", year, rows if year < 2024 else rows[:1])
    for year, student in {2023: "2", 2024: "1"}.items():
        lake.deliver("diploma", year, [{"student_id": student, "school_id": "A", "diploma_type": "regular"}])
    warehouse = Warehouse(manifest, lake.finish())
    warehouse.build(*WITHOUT_PUBLISHED)
    found = warehouse.query("""
        select school_year, denominator, numerator from marts.indicator_cells
        where indicator_id = 'high_school_graduation' and geography_level = 'community' and disaggregate = 'all'
    """)
    assert found == [(2024, 1, 1)]


def test_an_empty_lake_builds_and_unit_tests_pass(lake: Lake, manifest: Any) -> None:
    warehouse = Warehouse(manifest, lake.finish())
    warehouse.build(*WITHOUT_PUBLISHED)
    assert warehouse.query("select count(*) from marts.indicator_cells") == [(0,)]
    result = warehouse.dbt("test", "--select", "test_type:unit")
    assert result.success
    assert len(result.result) >= 9
