"""Neighborhoods of a community: what is taken, what is refused with its line, and what may be published of them."""

from pathlib import Path

import duckdb
import pytest

from ingestion.configuration.reference import write_reference
from ingestion.errors import ContractError
from ingestion.home import Home
from tests.ingestion.configuration import COMMUNITY, millbrook

HEADER = "geography_level,geography_id,neighborhood\n"
NORTH = "tract,27123030100,North End\n"
SOUTH = "zip,55107,South Bank\n"


def refusal(tmp_path: Path, **files: str) -> str:
    with pytest.raises(ContractError) as caught:
        millbrook(tmp_path, **files)
    return str(caught.value)


def plan(home: Home) -> set[tuple[str, str]]:
    sql = f"select geography_level, disaggregate from '{home.reference_file('publication_plan')}'"
    return {(level, name) for level, name in duckdb.sql(sql).fetchall()}


def test_neighborhoods_are_a_table_and_one_more_single_where_all_are_published(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    write_reference(home, millbrook(tmp_path / "with", **{"neighborhoods.csv": HEADER + NORTH + SOUTH}))
    assert duckdb.sql(f"from '{home.reference_file('neighborhoods')}'").fetchall() == [
        ("millbrook", "tract", "27123030100", "North End"),
        ("millbrook", "zip", "55107", "South Bank"),
    ]
    told = plan(home)
    write_reference(home, millbrook(tmp_path / "without"))
    assert told - plan(home) == {("community", "neighborhood")}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "tract,301,North End",
            "a census tract is written as its eleven-digit GEOID, '301' has another form",
        ),
        ("tract,27123030100.5,North End", "a census tract is written as its eleven-digit GEOID"),
        ("zip,55107-1234,South Bank", "a ZIP code has five digits, '55107-1234' has another form"),
        ("block,271230301001,North End", "'geography_level': input should be 'tract' or 'zip'"),
        ("tract,27123030100,South Bank", "the same entry as in line 2"),
        ("zip,55101,Unknown", "a neighborhood cannot be called 'Unknown'"),
        ("zip,55101,North|South", "a neighborhood cannot be called 'North|South'"),
        ("zip,55101,", "'neighborhood'"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_line(tmp_path: Path, line: str, says: str) -> None:
    message = refusal(tmp_path, **{"neighborhoods.csv": f"{HEADER}{NORTH}{line}\n"})
    assert f"neighborhoods.csv:3: {says}" in message


def test_a_neighborhood_is_written_in_one_way(tmp_path: Path) -> None:
    message = refusal(tmp_path, **{"neighborhoods.csv": f"{HEADER}{NORTH}zip,55101,North end\n"})
    assert "one neighborhood is written in 2 ways: North End, North end" in message


def test_neighborhoods_that_no_file_tells_of_are_not_published(tmp_path: Path) -> None:
    community = COMMUNITY.replace("singles: [gender]", "singles: [neighborhood]")
    message = refusal(tmp_path, **{"community.yml": community})
    assert "community.yml:13: no file tells of neighborhoods. Write neighborhoods.csv" in message


@pytest.mark.parametrize("level", ["zip", "tract"])
def test_the_areas_that_neighborhoods_are_made_of_are_not_published_beside_them(
    tmp_path: Path, level: str
) -> None:
    """One of two tracts that are hidden would be the neighborhood less the other."""
    files = {
        "community.yml": f"{COMMUNITY}      {level}: {{}}\n",
        "neighborhoods.csv": HEADER + NORTH + SOUTH,
    }
    message = refusal(tmp_path / "both", **files)
    assert f"community.yml:14: the level '{level}' is published beside neighborhoods" in message
    alone = files["community.yml"].replace("{singles: all, pairs: all}", "{singles: [gender]}")
    (community,) = millbrook(tmp_path / "one", **(files | {"community.yml": alone}))
    assert len(community.neighborhoods) == 2


def test_a_target_is_of_a_neighborhood_that_there_is(tmp_path: Path) -> None:
    header = "indicator_id,disaggregate,subgroup,school_year,target\n"
    files = {"neighborhoods.csv": HEADER + NORTH + SOUTH}
    right = f"{header}suspension,neighborhood,South Bank,2025,0.1\n"
    (community,) = millbrook(tmp_path / "right", **files, **{"targets.csv": right})
    assert [row.subgroup for row in community.targets] == ["South Bank"]
    wrong = right.replace("South Bank", "South Bnk")
    message = refusal(tmp_path / "wrong", **files, **{"targets.csv": wrong})
    assert "'South Bnk' is no subgroup of 'neighborhood'. Did you mean" in message


def test_a_former_tract_is_in_no_neighborhood(tmp_path: Path) -> None:
    changes = "geography_level,former_id,geography_id,first_year\ntract,27123030100,27123030102,2024\n"
    message = refusal(tmp_path, **{"neighborhoods.csv": HEADER + NORTH, "geography_changes.csv": changes})
    assert "the tract 27123030100 is a former code, so no home is in it. Write 27123030102" in message
    # what took the code over later is a tract of its own
    changes += "tract,27123030900,27123030100,2024\n"
    files = {"neighborhoods.csv": HEADER + NORTH, "geography_changes.csv": changes}
    assert len(millbrook(tmp_path / "again", **files).communities["millbrook"].neighborhoods) == 1
