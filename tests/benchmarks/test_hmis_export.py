"""The export that is measured is one that passes, and a plain reading of it counts the same rows."""

from pathlib import Path

from benchmarks.hmis import run_floor, run_milepost, write_export
from benchmarks.measuring import Laps


def test_both_sides_count_what_was_written(tmp_path: Path) -> None:
    export = tmp_path / "ours_hmis_export.zip"
    written = write_export(export, 2000)
    assert (written["Client.csv"], written["Services.csv"]) == (300, 800)
    assert run_floor(tmp_path, export, Laps()) == written
    assert run_milepost(tmp_path, export, Laps()) == written
