"""What `milepost status` shows: marks of what is in force, what waits, what is late, and counts of rows."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingestion.home import Home
from orchestration.cli import app
from orchestration.commands import status, status_picture
from tests.orchestration.conftest import GOOD, NO_SCHOOL, ONE_BAD_ROW

Drop = Callable[[str, str], Path]
pytestmark = pytest.mark.xdist_group("orchestration")


def milepost(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments)).output


def loaded(path: Path) -> str:
    """Load a file and return its load id."""
    return str(
        json.loads(CliRunner().invoke(app, ["load", str(path), "--json"]).stdout)["loaded"][0]["load_id"]
    )


def marks(entity: str = "attendance") -> list[str]:
    """The marks of an entity's line, one per period."""
    (line,) = [line for line in milepost("status").splitlines() if line.strip().startswith(f"{entity} ")]
    return line.split()[1:]


@pytest.fixture(autouse=True)
def nothing_is_due(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.root.exists()
    monkeypatch.setattr(status, "_owed", lambda *_: [])


@pytest.mark.usefixtures("home")
def test_what_a_withdrawal_put_back_in_force_is_shown_and_not_the_withdrawal(drop: Drop) -> None:
    loaded(drop("attendance_2024.csv", GOOD))
    second = loaded(drop("attendance_2024.csv", GOOD.replace("180,20", "180,21")))
    milepost("withdraw", second)
    assert marks() == ["✓"]


def test_withdrawn_is_shown_where_nothing_is_in_force(drop: Drop) -> None:
    milepost("withdraw", loaded(drop("attendance_2024.csv", GOOD)))
    assert marks() == ["w"]


def test_what_came_after_the_delivery_in_force_stands_beside_it(drop: Drop) -> None:
    loaded(drop("attendance_2024.csv", NO_SCHOOL))
    loaded(drop("attendance_2024.csv", ONE_BAD_ROW))
    assert marks() == ["▲"]
    loaded(drop("attendance_2024.csv", NO_SCHOOL + "9,9,9\n"))
    assert marks() == ["▲✗"]
    milepost("receive", str(drop("attendance_2024.csv", GOOD)))
    assert marks() == ["▲…"]


def test_a_file_of_several_years_is_told_as_received(drop: Drop, tmp_path: Path) -> None:
    contract = tmp_path / "communities" / "lakeside" / "extracts" / "north__attendance.yml"
    text = contract.read_text().replace("attendance_{school_year}*.csv", "attendance_all.csv")
    contract.write_text(text + "school_year: {from: [Year]}\n")
    milepost(
        "receive", str(drop("attendance_all.csv", "Year,StudentID,School,Enrolled,Absent\n2024,1,A,9,1\n"))
    )
    told = milepost("status")
    assert "Received, not loaded yet: milepost load" in told
    assert "attendance_all.csv" in told
    milepost("load")
    assert "not loaded yet: " not in milepost("status")
    assert marks() == ["✓"]


def test_late_deliveries_of_older_years_are_counted_only(monkeypatch: pytest.MonkeyPatch, drop: Drop) -> None:
    from orchestration.due import DueDelivery

    def owed(year: int) -> DueDelivery:
        due = dt.date(year, 8, 15)
        return DueDelivery("north.attendance", "lakeside", "north", "attendance", year, "annual", due, 100)

    loaded(drop("attendance_2024.csv", GOOD))
    monkeypatch.setattr(status, "_owed", lambda *_: [owed(year) for year in (2021, 2022, 2023)])
    told = milepost("status", "--years", "2")
    assert [year for year in (2021, 2022, 2023) if f"{year}-annual" in told] == [2023]
    assert "2 deliveries of the school years before 2023, late too; --years 4 shows all" in told
    assert "Not shown" not in milepost("status", "--years", "4")
    assert len(json.loads(milepost("status", "--json"))) == 4


@pytest.mark.usefixtures("terminal")
def test_two_deliveries_of_a_period_are_told_apart_by_file_and_day(drop: Drop) -> None:
    loaded(drop("attendance_2024.csv", ONE_BAD_ROW))
    loaded(drop("ATTENDANCE_2024.csv", GOOD))
    lines = milepost("status", "--list").splitlines()
    cells = [cell for line in lines for cell in line.split()]
    assert all(len(line) <= 80 for line in lines)
    assert [cell for cell in cells if "csv" in cell] == ["attendance_2024.csv", "ATTENDANCE_2024.csv"]
    today = dt.datetime.now(dt.UTC).date().isoformat()
    assert cells.count(today) == 2
    assert {one["received"][:10] for one in json.loads(milepost("status", "--json"))} == {today}


@pytest.mark.usefixtures("terminal")
def test_the_legend_and_the_path_of_the_feedback_stay_whole_at_80_columns(home: Home, drop: Drop) -> None:
    loaded(drop("attendance_2024.csv", NO_SCHOOL))
    lines = milepost("status").splitlines()
    assert status_picture.LEGEND in lines
    assert len(status_picture.LEGEND) <= 80
    assert f"What to tell the partner: {home.feedback}/<partner>/<load id>*.html" in lines


def test_rows_are_those_delivered_and_accepted_those_in_force(drop: Drop) -> None:
    loaded(drop("attendance_2024.csv", ONE_BAD_ROW))
    second = loaded(drop("attendance_2024.csv", GOOD))
    loaded(drop("attendance_2025.csv", ONE_BAD_ROW.replace("180,20", "180,22")))

    def counts() -> list[tuple[int, int, int]]:
        found = json.loads(milepost("status", "--json"))
        return [(one["rows"], one["accepted"], one["quarantined"]) for one in found]

    assert counts() == [(4, 0, 0), (4, 4, 0), (4, 3, 1)]
    milepost("withdraw", second)
    assert counts() == [(4, 3, 1), (4, 0, 0), (4, 3, 1)]
    last = next(line for line in milepost("status", "--list").splitlines() if "2025-annual" in line).split()
    assert [cell for cell in last if cell.isdigit() and len(cell) == 1] == ["4", "3", "1"]


def test_a_rejected_delivery_is_told_without_marks_of_the_markup(drop: Drop) -> None:
    load_id = loaded(drop("attendance_2024.csv", NO_SCHOOL))
    told = [line.strip() for line in milepost("status").splitlines()]
    assert f"✗ north.attendance 2024-annual ({load_id[:8]})" in told


def test_a_partner_nobody_knows_is_an_error_with_the_nearest_one(drop: Drop) -> None:
    loaded(drop("attendance_2024.csv", GOOD))
    for command in ("status", "contracts"):
        done = CliRunner().invoke(app, [command, "--partner", "nort"])
        said = " ".join(done.output.split())
        assert (done.exit_code, said) == (2, "no partner is called 'nort'. Did you mean 'north'?")
        assert CliRunner().invoke(app, [command, "--partner", "north"]).exit_code == 0


def test_a_partner_without_deliveries_is_told_so(drop: Drop, tmp_path: Path) -> None:
    loaded(drop("attendance_2024.csv", GOOD))
    community = tmp_path / "communities" / "lakeside" / "community.yml"
    community.write_text(
        community.read_text().replace("partners:\n", "partners:\n  south: {title: South, sector: k12}\n")
    )
    done = CliRunner().invoke(app, ["status", "--partner", "south"])
    assert (done.exit_code, done.output) == (0, "Nothing was received of south, and nothing is due.\n")


def test_a_partner_that_left_the_configuration_still_has_its_deliveries(drop: Drop, tmp_path: Path) -> None:
    loaded(drop("attendance_2024.csv", GOOD))
    folder = tmp_path / "communities" / "lakeside"
    for path in folder.glob("extracts/*"):
        path.unlink()
    for name in ("community.yml", "agreements.yml"):
        (folder / name).write_text((folder / name).read_text().replace("north", "south"))
    assert "attendance" in milepost("status", "--partner", "north")
