"""An HMIS export of a million rows, from received to in force: seconds and memory beside a plain reading.

Run `python -m benchmarks.hmis`; each side has a process of its own, and both must count the same rows.
"""

from __future__ import annotations

import argparse
import tempfile
import zipfile
from pathlib import Path

import duckdb

from benchmarks.measuring import Laps
from benchmarks.one_layout import best_of, load_delivery, measure
from ingestion.contracts.entities import load_entities
from ingestion.contracts.layout import load_layout

ROWS = 1_000_000
TARGET_SECONDS = 60
LAYOUT = "hmis_csv_2026"
# how the rows of an export spread over its files, in thousandths; the rest is small
SHARES = {"client": 150, "enrollment": 180, "exit": 160, "service": 400, "current_living_situation": 110}
PROJECTS = 200
EXPORT = """
    select
        'e' as "ExportID", '2025-06-30 08:00:00' as "ExportDate", '2019-07-01' as "ExportStartDate",
        '2025-06-30' as "ExportEndDate", '2026 v1.0' as "CSVVersion", 2 as "ExportDirective",
        1 as "HashStatus"
"""
ORGANIZATION = """
    select
        'o' || i as "OrganizationID", 'Organization ' || i as "OrganizationName",
        0 as "VictimServiceProvider"
    from range({projects} // 10) as r(i)
"""
PROJECT = """
    select
        'p' || i as "ProjectID", 'o' || i % ({projects} // 10) as "OrganizationID",
        'Project ' || i as "ProjectName", [0, 1, 2, 3, 4, 13][1 + i % 6] as "ProjectType"
    from range({projects}) as r(i)
"""
CLIENT = """
    select
        'c' || i as "PersonalID", 'First' || i % 997 as "FirstName", 'Last' || i % 4999 as "LastName",
        date '1960-01-01' + (i * 37 % 23000)::int as "DOB", (i % 5 = 0)::int as "White",
        (i % 3 = 0)::int as "Asian", i % 2 as "Sex", lpad(i::varchar, 9, '9') as "SSN"
    from range({client}) as r(i)
"""
ENROLLMENT = """
    select
        'n' || i as "EnrollmentID", 'c' || i % {client} as "PersonalID",
        'p' || i % {projects} as "ProjectID", date '2019-07-01' + (i % 2100)::int as "EntryDate",
        'h' || i // 3 as "HouseholdID", [1, 2, 2][1 + i % 3] as "RelationshipToHoH",
        [116, 101, 435, 335][1 + i % 4] as "LivingSituation"
    from range({enrollment}) as r(i)
"""
EXIT = """
    select
        'x' || i as "ExitID", 'n' || i as "EnrollmentID", 'c' || i % {client} as "PersonalID",
        date '2019-07-01' + (i % 2100 + i % 90)::int as "ExitDate",
        [410, 422, 101, 30][1 + i % 4] as "Destination"
    from range({exit}) as r(i)
"""
SERVICE = """
    select
        's' || i as "ServicesID", 'n' || i % {enrollment} as "EnrollmentID",
        'c' || (i % {enrollment}) % {client} as "PersonalID",
        date '2019-07-01' + (i % 2190)::int as "DateProvided", 200 as "RecordType"
    from range({service}) as r(i)
"""
SITUATION = """
    select
        'l' || i as "CurrentLivingSitID", 'n' || i % {enrollment} as "EnrollmentID",
        'c' || (i % {enrollment}) % {client} as "PersonalID",
        date '2019-07-01' + (i % 2190)::int as "InformationDate", 116 as "CurrentLivingSituation"
    from range({current_living_situation}) as r(i)
"""
MADE = {
    **{"Export.csv": EXPORT, "Organization.csv": ORGANIZATION, "Project.csv": PROJECT, "Client.csv": CLIENT},
    **{"Enrollment.csv": ENROLLMENT, "Exit.csv": EXIT, "Services.csv": SERVICE},
    "CurrentLivingSituation.csv": SITUATION,
}
SIDES = {"floor": "unzipped, read, written as Parquet", "milepost": "received, gated, in force"}


def write_export(path: Path, rows: int) -> dict[str, int]:
    """An export of about so many rows at `path`, with every header that the layout knows; rows by member."""
    counts = {name: rows * share // 1000 for name, share in SHARES.items()} | {"projects": PROJECTS}
    written = {}
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for extract in load_layout(LAYOUT).extracts:
            member = Path(folder) / (extract.member or "")
            written[member.name] = _write_member(member, extract.entity, counts)
            archive.write(member, member.name)
            member.unlink()
    return written


def _write_member(path: Path, entity: str, counts: dict[str, int]) -> int:
    layout = load_layout(LAYOUT)
    facts = load_entities()[entity].columns.values()
    of_version = [f for f in facts if not f.versions or layout.version in f.versions]
    known = [f.headers[-1] for f in of_version if not f.on_request]
    known += [name for extract in layout.extracts if extract.entity == entity for name in extract.ignore]
    with duckdb.connect() as con:
        made = MADE.get(path.name, "select null where false").format(**counts)
        con.execute(f"create view made as {made}")
        have = set(con.table("made").columns)
        columns = ", ".join(
            f'"{name}"' if name in have else f'null as "{name}"' for name in [*known, *layout.ignore]
        )
        con.execute(f"copy (select {columns} from made) to '{path}' (header, delimiter ',')")
        (count,) = con.execute("select count(*) from made").fetchall()[0]
    return int(count)


def run_milepost(folder: Path, export: Path, laps: Laps) -> dict[str, int]:
    """Load the export as `milepost load` does; rows accepted by member."""
    loaded = load_delivery(folder, LAYOUT, export, laps)
    members = {extract.entity: extract.member or "" for extract in load_layout(LAYOUT).extracts}
    return {members[extract_id.split(".")[1]]: rows for extract_id, rows in loaded.items()}


def run_floor(folder: Path, export: Path, laps: Laps) -> dict[str, int]:
    """Unzip, read with types guessed and write Parquet, nothing judged; rows by member."""
    laps.lap("start")
    found = {}
    with duckdb.connect(config={"threads": 2}) as con, zipfile.ZipFile(export) as archive:
        for name in archive.namelist():
            file = archive.extract(name, folder / "floor")
            con.execute(f"copy (from read_csv('{file}', header = true)) to '{file}.parquet' (format parquet)")
            found[name] = con.execute(f"select count(*) from '{file}.parquet'").fetchall()[0][0]
    laps.lap("load")
    return found


def compare(rows: int, rounds: int) -> tuple[float, float]:
    """Print both sides; Milepost's seconds, and how many times those of the plain reading they are."""
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "ours_hmis_export.zip"
        written = write_export(export, rows)
        size = export.stat().st_size / 2**20
        best = {side: best_of(rounds, "benchmarks.hmis", side, export) for side in SIDES}
    for side, found in best.items():
        assert found["rows"] == written, f"{side} counts other rows: {found['rows']}, written {written}"
    print(
        f"\n{sum(written.values()):,} rows in {len(written)} files, {size:.0f} MB packed, best of {rounds}\n"
    )
    print(f"{'':40}{'seconds':>12}{'CPU seconds':>14}{'peak MB':>10}")
    for side, title in SIDES.items():
        steps = best[side]["steps"].values()
        seconds, cpu = (sum(step[name] for step in steps) for name in ("seconds", "cpu_seconds"))
        print(f"{title:40}{seconds:>12.1f}{cpu:>14.1f}{max(step['peak_mb'] for step in steps):>10,.0f}")
    floor, milepost = (sum(s["seconds"] for s in best[side]["steps"].values()) for side in SIDES)
    met = "met" if milepost < TARGET_SECONDS else "MISSED"
    target = f" (target for {ROWS:,} rows: under {TARGET_SECONDS} s, {met})" if rows == ROWS else ""
    print(f"\nMilepost / plain reading: {milepost / floor:.1f}; Milepost {milepost:.1f} s{target}")
    return milepost, milepost / floor


def main() -> None:
    """What the command line says to measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hmis", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--export", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        measure(run_milepost if arguments.side == "milepost" else run_floor, arguments.export)
    else:
        compare(arguments.rows, arguments.rounds)


if __name__ == "__main__":
    main()
