"""A FHIR bulk export, from a folder of NDJSON to tables in force: megabytes a second beside a plain reading.

Run `python -m benchmarks.fhir`; each side has a process of its own.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import duckdb

from benchmarks.fhir_resources import resources
from benchmarks.measuring import Laps
from benchmarks.one_layout import best_of, load_delivery, measure

PATIENTS = 20_000  # some 220 MB
TARGET_MB_PER_SECOND = 50
LAYOUT = "fhir_r4_bulk"
# resources of each kind for a patient: most of an export are observations, and few of those are screenings
PER_PATIENT = {"Patient": 1, "Immunization": 3, "Encounter": 3, "Observation": 8}
SIDES = {"floor": "read_ndjson, written as Parquet", "milepost": "received, gated, in force"}


def write_export(folder: Path, patients: int) -> dict[str, int]:
    """NDJSON files of so many patients in a new folder; the rows that each extract takes of them."""
    folder.mkdir()
    with duckdb.connect() as con:
        for kind, each in PER_PATIENT.items():
            rows = resources(kind, patients * each)
            con.execute(f"copy ({rows}) to '{folder}/{kind}.000.ndjson' (format json)")
    n = {kind: patients * each for kind, each in PER_PATIENT.items()}
    return {
        f"ours.person.{LAYOUT}": n["Patient"],
        f"ours.immunization.{LAYOUT}": n["Immunization"],
        f"ours.screening.{LAYOUT}_encounter": n["Encounter"] // 3,
        f"ours.screening.{LAYOUT}_observation": n["Observation"] // 20,
    }


def run_milepost(folder: Path, export: Path, laps: Laps) -> dict[str, int]:
    """Load the export as `milepost load` does; rows accepted by extract."""
    return load_delivery(folder, LAYOUT, export, laps)


def run_floor(folder: Path, export: Path, laps: Laps) -> dict[str, int]:
    """Read with types guessed and write Parquet, nothing judged; rows by file."""
    laps.lap("start")
    found = {}
    with duckdb.connect(config={"threads": 2}) as con:
        for path in sorted(export.glob("*.ndjson")):
            target = folder / f"{path.stem}.parquet"
            con.execute(f"copy (from read_ndjson('{path}')) to '{target}' (format parquet)")
            found[path.name] = con.execute(f"select count(*) from '{target}'").fetchall()[0][0]
    laps.lap("load")
    return found


def compare(patients: int, rounds: int) -> tuple[float, float]:
    """Print both sides; Milepost's MB a second, and how many times the plain reading's seconds it takes."""
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "ours_fhir_2025"
        expected = write_export(export, patients)
        size = sum(path.stat().st_size for path in export.iterdir()) / 2**20
        best = {side: best_of(rounds, "benchmarks.fhir", side, export) for side in SIDES}
    assert best["milepost"]["rows"] == expected, best["milepost"]["rows"]
    print(f"\n{size:.0f} MB of NDJSON, best of {rounds}\n")
    print(f"{'':40}{'seconds':>12}{'CPU seconds':>14}{'peak MB':>10}{'MB/s':>8}")
    for side, title in SIDES.items():
        steps = best[side]["steps"].values()
        seconds, cpu = (sum(step[name] for step in steps) for name in ("seconds", "cpu_seconds"))
        peak = max(step["peak_mb"] for step in steps)
        print(f"{title:40}{seconds:>12.1f}{cpu:>14.1f}{peak:>10,.0f}{size / seconds:>8.0f}")
    floor, milepost = (sum(s["seconds"] for s in best[side]["steps"].values()) for side in SIDES)
    met = "met" if size / milepost >= TARGET_MB_PER_SECOND else "MISSED"
    print(
        f"\nMilepost / plain reading: {milepost / floor:.1f}; Milepost {size / milepost:.0f} MB/s"
        f" (target: {TARGET_MB_PER_SECOND} or more, {met})"
    )
    return size / milepost, milepost / floor


def main() -> None:
    """What the command line says to measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fhir", description=__doc__)
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--export", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        measure(run_milepost if arguments.side == "milepost" else run_floor, arguments.export)
    else:
        compare(arguments.patients, arguments.rounds)


if __name__ == "__main__":
    main()
