"""The process killed between any two steps, then run again: the same end state as if nothing had happened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Deployment
from tests.end_to_end.conftest import attendance, enrollment
from tests.end_to_end.killed import run_killed

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kills")]


def end_state(here: Deployment) -> dict[str, object]:
    """What is in force, held back and in the ledger, without times."""
    raw = {
        str(path.relative_to(here.home)): duckdb.sql(
            f"select * from '{path}' order by _row_number"
        ).fetchall()
        for path in sorted((here.home / "raw").rglob("*-*.parquet"))
    }
    folders = ("superseded", "quarantine", "gate", "feedback", "landing")
    files = {
        str(path.relative_to(here.home))
        for folder in folders
        for path in (here.home / folder).rglob("*")
        if path.is_file()
    }
    last: dict[str, str] = {}
    for line in (here.home / "ledger.jsonl").read_text().splitlines():
        event = json.loads(line)
        last[event["load_id"]] = event["event"]
    staged = [path.name for path in (here.home / "staged").glob("*")]
    return {"raw": raw, "files": files, "ledger": last, "staged": staged}


def send_all(here: Deployment) -> list[str]:
    """A correction of a delivery in force, and a new one with two rows to hold back; the second waits for it."""
    correction = here.send("attendance_2024_annual.csv", attendance(absent=1))
    new = here.send(
        "attendance_2025_annual.csv", attendance(absent=2) + "S990,North,ten,1\nS991,North,180,181\n"
    )
    return ["load", str(correction), str(new)]


def test_a_load_killed_anywhere_and_run_again_ends_in_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, tinytown: Deployment, tmp_path: Path
) -> None:
    first = tinytown.send("attendance_2024_annual.csv", attendance())
    assert run_killed(["load", str(first)], tinytown.environment, 0, tmp_path / "log") == 0

    def prepared(name: str) -> Deployment:
        here = Deployment(tmp_path_factory.mktemp(name))
        here.communities = tinytown.communities
        shutil.copytree(tinytown.home, here.home)
        return here

    reference = prepared("reference")
    assert run_killed(send_all(reference), reference.environment, 0, tmp_path / "log") == 0
    expected = end_state(reference)
    assert expected["staged"] == []

    kills = 0
    # every second effect of the first delivery's whole life, then every sixth: the second one's are of the same
    # kinds, and the lake's own tests kill it at every one
    for number in [*range(1, 25, 2), *range(25, 200, 6)]:
        here = prepared(f"killed-{number}")
        before = end_state(here)["raw"]
        ended = run_killed(send_all(here), here.environment, number, tmp_path / "log")
        if ended == 0:
            break
        assert ended == -9, (tmp_path / "log").read_text()
        kills += 1
        for path, rows in end_state(here)["raw"].items():  # type: ignore[attr-defined]
            assert rows in (expected["raw"][path], before.get(path)), f"torn file after kill {number}"  # type: ignore[index, attr-defined]
        assert run_killed(send_all(here), here.environment, 0, tmp_path / "log") == 0, (
            tmp_path / "log"
        ).read_text()
        assert end_state(here) == expected, f"another end state after kill {number}"
    assert kills >= 8


def test_two_files_killed_side_by_side_end_in_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, tinytown: Deployment, tmp_path: Path
) -> None:
    def prepared(name: str) -> tuple[Deployment, list[str]]:
        here = Deployment(tmp_path_factory.mktemp(name))
        here.communities = tinytown.communities
        one = here.send("attendance_2024_annual.csv", attendance() + "S990,North,ten,1\n")
        other = here.send("enrollment_2024_annual.csv", enrollment(2024))
        return here, ["load", str(one), str(other)]

    def run(here: Deployment, command: list[str], kill_before: int) -> int:
        environment = {**here.environment, "MILEPOST_LOAD_WORKERS": "2"}
        return run_killed(command, environment, kill_before, tmp_path / "log")

    reference, command = prepared("reference")
    assert run(reference, command, 0) == 0
    expected = end_state(reference)
    for number in (12, 18, 24, 30):  # from the first file received to the last ones written
        here, command = prepared(f"killed-{number}")
        assert run(here, command, number) == -9, (tmp_path / "log").read_text()
        assert run(here, command, 0) == 0, (tmp_path / "log").read_text()
        assert end_state(here) == expected, f"another end state after kill {number}"
