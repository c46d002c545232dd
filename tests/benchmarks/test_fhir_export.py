"""The export that is measured is one that passes, and a plain reading counts the lines that were written."""

from pathlib import Path

from benchmarks.fhir import run_floor, run_milepost, write_export
from benchmarks.measuring import Laps


def test_both_sides_read_what_was_written(tmp_path: Path) -> None:
    export = tmp_path / "ours_fhir_2025"
    expected = write_export(export, 200)
    assert list(expected.values()) == [200, 600, 200, 80]
    assert run_milepost(tmp_path, export, Laps()) == expected
    assert run_floor(tmp_path, export, Laps()) == {
        "Encounter.000.ndjson": 600,
        "Immunization.000.ndjson": 600,
        "Observation.000.ndjson": 1600,
        "Patient.000.ndjson": 200,
    }
