"""A FHIR bulk export, from a folder of NDJSON to tables in force: megabytes a second beside a plain reading.

Run `python -m benchmarks.fhir`; each side has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import Laps
from benchmarks.one_layout import load_delivery

PATIENTS = 20_000  # some 300 MB
TARGET_MB_PER_SECOND = 50
LAYOUT = "fhir_r4_bulk"
CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
# resources of each kind for a patient: most of an export are observations, and few of those are screenings
PER_PATIENT = {"Patient": 1, "Immunization": 3, "Encounter": 3, "Observation": 8}
META = "{profile: ['" + CORE + "us-core-%s']} as meta"
PATIENT = f"""
    select
        'Patient' as "resourceType", 'p' || i as id, {META % "patient"},
        {{status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">' || repeat('Generated. ', 40) || '</div>'}}
            as text,
        [
            {{url: '{CORE}us-core-race', extension: [
                {{url: 'ombCategory', "valueCoding": {{code: ['2106-3', '2054-5', '2028-9'][1 + i % 3], display: 'told'}}}}]}},
            {{url: '{CORE}us-core-ethnicity', extension: [
                {{url: 'ombCategory', "valueCoding": {{code: ['2135-2', '2186-5'][1 + i % 2], display: 'told'}}}}]}}
        ] as extension,
        [{{system: 'urn:mrn', value: 'mrn' || i}}] as identifier,
        [{{use: 'official', family: 'Last' || i % 4999, given: ['First' || i % 997, 'Middle']}}] as name,
        ['female', 'male'][1 + i % 2] as gender,
        (date '2010-01-01' + (i * 37 % 5000)::int)::varchar as "birthDate",
        [{{use: 'home', line: [i || ' Elm Street'], city: 'Rivertown', state: 'VA', "postalCode": '23220'}}] as address
    from range({{n}}) as r(i)
"""
IMMUNIZATION = f"""
    select
        'Immunization' as "resourceType", 'i' || i as id, {META % "immunization"}, 'completed' as status,
        {{coding: [{{system: 'http://hl7.org/fhir/sid/cvx', code: ['08', '20', '10', '03', '21'][1 + i % 5],
            display: 'A vaccine by its full name'}}], text: 'A vaccine by its full name'}} as "vaccineCode",
        {{reference: 'Patient/p' || i // 3}} as patient, {{reference: 'Encounter/e' || i}} as encounter,
        (date '2015-01-01' + (i * 13 % 3000)::int)::varchar || 'T10:00:00-05:00' as "occurrenceDateTime",
        true as "primarySource",
        {{reference: 'Location/l' || i % 40, display: 'A clinic by its full name'}} as location
    from range({{n}}) as r(i)
"""
ENCOUNTER = f"""
    select
        'Encounter' as "resourceType", 'e' || i as id, {META % "encounter"},
        [{{use: 'official', system: 'https://ehr.example/encounters', value: 'e' || i}}] as identifier,
        'finished' as status,
        {{system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB'}} as class,
        [{{coding: [{{system: 'http://snomed.info/sct', code: ['410620009', '185347001', '185345009'][1 + i % 3],
            display: 'An encounter by its full name'}}], text: 'An encounter by its full name'}}] as type,
        {{reference: 'Patient/p' || i // 3, display: 'A patient by name'}} as subject,
        [{{individual: {{reference: 'Practitioner/d' || i % 99, display: 'A doctor by name'}}}}] as participant,
        {{start: (date '2015-01-01' + (i * 17 % 3000)::int)::varchar || 'T09:00:00-05:00',
            "end": (date '2015-01-01' + (i * 17 % 3000)::int)::varchar || 'T09:30:00-05:00'}} as period,
        [{{location: {{reference: 'Location/l' || i % 40, display: 'A clinic by its full name'}}}}] as location,
        {{reference: 'Organization/o' || i % 20, display: 'An organization by name'}} as "serviceProvider"
    from range({{n}}) as r(i)
"""
OBSERVATION = f"""
    select
        'Observation' as "resourceType", 'o' || i as id, {META % "observation-lab"}, 'final' as status,
        [{{coding: [{{system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs',
            display: 'Vital signs'}}]}}] as category,
        {{coding: [{{system: 'http://loinc.org', code: case when i % 20 = 0 then '10368-9' else '8302-2' end,
            display: 'A measurement by its full name'}}], text: 'A measurement by its full name'}} as code,
        {{reference: 'Patient/p' || i // 8}} as subject, {{reference: 'Encounter/e' || i % 1000}} as encounter,
        (date '2015-01-01' + (i * 7 % 3000)::int)::varchar || 'T09:10:00-05:00' as "effectiveDateTime",
        (date '2015-01-01' + (i * 7 % 3000)::int)::varchar || 'T09:10:00.000-05:00' as issued,
        {{value: (i % 100) / 10, unit: 'ug/dL', system: 'http://unitsofmeasure.org', code: 'ug/dL'}} as "valueQuantity"
    from range({{n}}) as r(i)
"""
MADE = {"Patient": PATIENT, "Immunization": IMMUNIZATION, "Encounter": ENCOUNTER, "Observation": OBSERVATION}
SIDES = {"floor": "read_ndjson, written as Parquet", "milepost": "received, gated, in force"}


def write_export(folder: Path, patients: int) -> dict[str, int]:
    """NDJSON files of so many patients in a new folder; the rows that each extract takes of them."""
    folder.mkdir()
    with duckdb.connect() as con:
        for kind, sql in MADE.items():
            rows = sql.replace("{n}", str(patients * PER_PATIENT[kind]))
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


def measure(side: str, export: Path) -> None:
    """One side in this process: prints its laps and rows as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        laps = Laps()
        rows = (run_milepost if side == "milepost" else run_floor)(Path(folder), export, laps)
    steps = {name: asdict(lap) for name, lap in laps.steps.items() if name != "start"}
    print(json.dumps({"steps": steps, "rows": rows}))


def compare(patients: int, rounds: int) -> tuple[float, float]:
    """Print both sides; Milepost's MB a second, and how many times the plain reading's seconds it takes."""
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "ours_fhir_2025"
        expected = write_export(export, patients)
        size = sum(path.stat().st_size for path in export.iterdir()) / 2**20
        best = {side: _best(side, export, rounds) for side in SIDES}
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


def _best(side: str, export: Path, rounds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.fhir", "--side", side, "--export", str(export)]
    runs = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(rounds)
    ]
    return min(runs, key=lambda run: float(sum(step["seconds"] for step in run["steps"].values())))


def main() -> None:
    """What the command line says to measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fhir", description=__doc__)
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--export", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        measure(arguments.side, arguments.export)
    else:
        compare(arguments.patients, arguments.rounds)


if __name__ == "__main__":
    main()
