"""The configuration of a community as tables."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.configuration.reference import write_reference
from ingestion.configuration.reference_tables import TABLES
from ingestion.home import Home
from tests.ingestion.configuration import COMMUNITY, millbrook


@pytest.fixture
def home(tmp_path: Path) -> Home:
    crosswalk = "field,partner_code,conformed_code,first_year,last_year\nexit_code,O'Brien,unknown,2023,\n"
    cut_scores = (
        "assessment_id,subject,grade_level,proficient_score\nstate,reading,03,438.5\nstate,math,,400\n"
    )
    targets = "indicator_id,school_year,target\nchronic_absence,2025,0.1\n"
    communities = millbrook(
        tmp_path / "communities",
        **{"crosswalks/mill_schools.csv": crosswalk, "cut_scores.csv": cut_scores, "targets.csv": targets},
    )
    home = Home(tmp_path / "home")
    write_reference(home, communities)
    return home


def rows(home: Home, table: str) -> list[tuple[Any, ...]]:
    return duckdb.sql(f"from '{home.reference_file(table)}'").fetchall()


def test_every_table_has_its_columns_and_types(home: Home) -> None:
    for table, columns in TABLES.items():
        found = duckdb.sql(f"from '{home.reference_file(table)}'")
        assert dict(zip(found.columns, map(str, found.types), strict=True)) == columns


def test_what_the_community_says_of_itself(home: Home) -> None:
    assert rows(home, "communities") == [("millbrook", "Millbrook", 2023, 2025, 12)]
    assert rows(home, "collections") == [
        ("millbrook", "annual", "final", 0),
        ("millbrook", "fall", "interim", 1),
    ]
    assert rows(home, "partners") == [
        ("millbrook", "mill_schools", "Mill Schools", "k12", "M1"),
        ("millbrook", "mill_clinic", "Mill Clinic", "health", None),
    ]


def test_what_is_expected_and_when(home: Home) -> None:
    patterns = {row[2]: row[6] for row in rows(home, "extracts")}
    assert patterns["mill_schools.person"] == ["students*.csv"]
    due = {(row[4], row[5]): row[6] for row in rows(home, "due_dates")}
    assert due[2025, "annual"] == dt.date(2025, 8, 15)
    assert due[2025, "fall"] == dt.date(2024, 11, 15)
    assert len(due) == 6


def test_what_is_due_later_is_not_expected_yet(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    write_reference(home, millbrook(tmp_path / "communities"), dt.date(2024, 11, 15))
    due = {(row[4], row[5]) for row in rows(home, "due_dates")}
    assert due == {(2023, "fall"), (2023, "annual"), (2024, "fall"), (2024, "annual"), (2025, "fall")}


def test_agreements_name_the_extracts_they_cover(home: Home) -> None:
    covered = {row[1]: row[4] for row in rows(home, "agreements")}
    assert covered == {"mill_2023": ["mill_schools.attendance", "mill_schools.person"], "clinic_2023": []}


def test_codes_scores_and_targets(home: Home) -> None:
    assert rows(home, "crosswalks") == [
        ("millbrook", "mill_schools", "exit_code", "O'Brien", "unknown", 2023, None)
    ]
    scores = {tuple(about): float(score) for *about, score in rows(home, "cut_scores")}
    assert scores == {
        ("millbrook", "state", "reading", "03", None, None): 438.5,
        ("millbrook", "state", "math", None, None, None): 400,  # of every grade
    }
    assert rows(home, "targets") == [("millbrook", "chronic_absence", "all", "all", 2025, 0.1)]


def test_owners_are_told_as_the_community_names_them(tmp_path: Path) -> None:
    owners = "    owners: {early_grade_reading: Reading network, suspension: 'Justice team '}\n"
    home = Home(tmp_path / "home")
    write_reference(home, millbrook(tmp_path / "communities", **{"community.yml": COMMUNITY + owners}))
    assert rows(home, "indicator_owners") == [
        ("millbrook", "early_grade_reading", "Reading network"),
        ("millbrook", "suspension", "Justice team"),
    ]


def test_programs_are_told_by_their_numbers_in_lower_case(tmp_path: Path) -> None:
    chosen = "    program_matching: {'mill_clinic:Reading 1': propensity}\n"
    home = Home(tmp_path / "home")
    write_reference(home, millbrook(tmp_path / "communities", **{"community.yml": COMMUNITY + chosen}))
    assert rows(home, "program_matching") == [("millbrook", "mill_clinic:reading 1", "propensity")]


def test_the_publication_plan_names_every_disaggregate_by_itself(home: Home) -> None:
    plan = rows(home, "publication_plan")
    assert [row[2] for row in plan if row[1] == "school"] == ["all", "gender", "gender_x_disability"]
    # the total, 22 singles, and the 11 * 10 / 2 pairs of those that are paired
    assert len([row for row in plan if row[1] == "community"]) == 1 + 22 + 55
    assert [row for row in plan if row[1] == "district"] == []


def test_writing_again_leaves_no_temporary_files(home: Home) -> None:
    assert sorted(path.stem for path in home.reference.iterdir()) == sorted(TABLES)
