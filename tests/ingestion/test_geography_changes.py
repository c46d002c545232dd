"""Geographies whose code changed: what is taken, how changes follow each other, and what is refused with its line."""

from pathlib import Path

import duckdb
import pytest

from ingestion.configuration.reference import write_reference
from ingestion.errors import ContractError
from ingestion.home import Home
from tests.ingestion.configuration import millbrook

HEADER = "geography_level,former_id,geography_id,first_year\n"


def refusal(tmp_path: Path, *lines: str) -> str:
    with pytest.raises(ContractError) as caught:
        millbrook(tmp_path, **{"geography_changes.csv": HEADER + "".join(f"{line}\n" for line in lines)})
    return str(caught.value)


def test_each_former_code_is_told_with_the_last_one_it_became(tmp_path: Path) -> None:
    lines = (
        # A was B from 2020, which is C from 2024: A's years are C's too
        "school,mill_schools:A,mill_schools:B,2020\n"
        "school,mill_schools:B,mill_schools:C,2024\n"
        # E became D in 2024, when D had long become F: what it became is the new D
        "district,D,F,2020\n"
        "district,E,D,2024\n"
        # the same digits at another level are another geography
        "zip,06001,06002,2023\n"
        "tract,09001010101,09190010101,2023\n"
    )
    home = Home(tmp_path / "home")
    write_reference(home, millbrook(tmp_path / "communities", **{"geography_changes.csv": HEADER + lines}))
    assert duckdb.sql(f"from '{home.reference_file('geography_changes')}'").fetchall() == [
        ("millbrook", "school", "mill_schools:a", "mill_schools:c", 2020),
        ("millbrook", "school", "mill_schools:b", "mill_schools:c", 2024),
        ("millbrook", "district", "D", "F", 2020),
        ("millbrook", "district", "E", "D", 2024),
        ("millbrook", "zip", "06001", "06002", 2023),
        ("millbrook", "tract", "09001010101", "09190010101", 2023),
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "scool,mill_schools:1,mill_schools:2,2024",
            "'geography_level': input should be 'school', 'district'",
        ),
        ("community,millbrook,mill,2024", "'geography_level': input should be"),
        (
            "school,mill_school:1,mill_schools:2,2024",
            "no partner is called 'mill_school'. Did you mean 'mill_schools'?",
        ),
        ("school,mill_schools:1,2,2024", "a school is written as partner:number, '2' has another form"),
        (
            "tract,101.01,09190010101,2024",
            "a census tract is written as its eleven-digit GEOID, '101.01' has another",
        ),
        ("zip,06001,6002,2024", "a ZIP code has five digits, '6002' has another form"),
        ("school,mill_schools:A,mill_schools:a,2024", "former_id and geography_id are the same"),
        (
            "school,mill_schools:A,mill_clinic:B,2024",
            "a school's two codes are of two partners. Name two codes of one; elsewhere it is another school",
        ),
        ("school,mill_schools:A,mill_schools: B,2024", "a school is written as partner:number"),
        ("district,1,2,then", "'first_year'"),
        ("district,1,,2024", "'geography_id'"),
    ],
)
def test_a_row_that_means_nothing_is_refused_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    assert f"geography_changes.csv:3: {says}" in refusal(tmp_path, "district,M1,M2,2024", line)


def test_one_former_code_does_not_become_two(tmp_path: Path) -> None:
    message = refusal(
        tmp_path, "school,mill_schools:A,mill_schools:B,2024", "school,mill_schools:a,mill_schools:C,2025"
    )
    assert "geography_changes.csv:3: the same entry as in line 2" in message


def test_two_schools_may_become_one(tmp_path: Path) -> None:
    lines = "school,mill_schools:A,mill_schools:C,2024\nschool,mill_schools:B,mill_schools:C,2024\n"
    (community,) = millbrook(tmp_path, **{"geography_changes.csv": HEADER + lines})
    assert len(community.geography_changes) == 2


def test_a_circle_is_one_error_that_names_its_codes(tmp_path: Path) -> None:
    message = refusal(
        tmp_path, "district,0,A,2020", "district,A,B,2020", "district,B,C,2022", "district,C,A,2024"
    )
    assert "the changes of a district go in a circle: A to B to C to A" in message
    assert message.count("go in a circle") == 1
