"""A school that has another code from one school year on, from its partner's files to the trends of a release."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app

Drop = Callable[[str, str], Path]
pytestmark = pytest.mark.xdist_group("orchestration")


def attendance(school: str, n_children: int, n_absent: int) -> str:
    """So many children at one school, the first of them absent on 20 of 180 days, the others on one."""
    days = [20 if child < n_absent else 1 for child in range(n_children)]
    rows = (f"{child},{school},180,{absent}\n" for child, absent in enumerate(days))
    return "StudentID,School,Enrolled,Absent\n" + "".join(rows)


@pytest.mark.slow
@pytest.mark.usefixtures("home")
def test_a_school_with_another_code_is_one_school_in_the_trends(drop: Drop, tmp_path: Path) -> None:
    folder = tmp_path / "communities" / "lakeside"
    community = (folder / "community.yml").read_text()
    (folder / "community.yml").write_text(community + "  school: {}\nindicators: [chronic_absence]\n")
    (folder / "geography_changes.csv").write_text(
        "geography_level,former_id,geography_id,first_year\nschool,north:A,north:B,2025\n"
    )
    # a quarter of 40 children is chronically absent, then two fifths
    drop("attendance_2024.csv", attendance("A", 40, 10))
    drop("attendance_2025.csv", attendance("B", 40, 16))
    for command in ("load", "refresh"):
        done = CliRunner().invoke(app, [command])
        assert done.exit_code == 0, done.output
    sql = """
        select geography_id, school_year, baseline_year, round(value, 4) as value, round(change_points, 4) as points
        from indicator_trends
        where indicator_id = 'chronic_absence' and definition_version = 'ten_percent' and geography_level = 'school'
            and collection = 'annual' and disaggregate = 'all'
        order by school_year
    """
    trend = json.loads(CliRunner().invoke(app, ["query", sql, "--json"]).stdout)
    assert [tuple(row.values()) for row in trend] == [
        ("north:b", 2024, 2024, 0.25, None),
        ("north:b", 2025, 2024, 0.4, 15.0),
    ]
    places = "select geography_id from geographies where geography_level = 'school'"
    assert json.loads(CliRunner().invoke(app, ["query", places, "--json"]).stdout) == [
        {"geography_id": "north:b"}
    ]
