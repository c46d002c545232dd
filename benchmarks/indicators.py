"""All indicators by all disaggregates and places, from facts to cells, and what years of history add.

Run `python -m benchmarks.indicators --children N`; each history and the floor have a process of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import Laps

CHILDREN, LARGE_CHILDREN = 12_000, 166_667
HISTORIES = (3, 6)  # school years
TARGET_SECONDS, TARGET_MB = 30, 4096  # at a million student-years
# what an indicator is made of: facts as they were delivered, and everything before them
FACTS = ("staging", "codes", "marts.core")
FLOOR = "floor"


def prepare(folder: Path, children: int, years: int) -> None:
    """Riverbend of that many years, all its sectors, loaded and built with all its indicators."""
    from benchmarks.pipeline import Listener
    from orchestration.received import receive_files
    from orchestration.runs import load_in_process, refresh_in_process
    from orchestration.settings import prepare_environment
    from synthetic import write_community

    write_community(folder / "made", children_per_year=children, n_years=years)
    home = prepare_environment()
    received, refused = receive_files(
        home, sorted(path for path in (folder / "made/deliveries").glob("*/*") if path.is_file())
    )
    listener = Listener(Laps())
    load_in_process([delivery.load_id for delivery in received], listener)
    problems = [*refused, *refresh_in_process(listener)["failures"]]
    if problems:
        raise SystemExit("\n".join(map(str, problems)))


def measure(folder: Path) -> dict[str, Any]:
    """Make all cells of all years once more, from the facts that stand in the warehouse; no tests."""
    from dbt.cli.main import dbtRunner

    from orchestration.settings import prepare_environment
    from orchestration.warehouse import prepared_manifest, released_warehouse
    from publishing.dbt_project import DBT_PROJECT

    home = prepare_environment()
    prepared_manifest()
    places = [
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--quiet"),
        *("--target-path", str(home.dbt_target), "--log-path", str(home.dbt_logs)),
    ]
    chosen = ["--select", "+indicator_cells", "--exclude", *(f"milepost.{layer}" for layer in FACTS)]
    # another hash of the project: years that did not change are made anew as well
    variables = ["--vars", json.dumps({"project_hash": str(folder)})]
    runner = dbtRunner()
    runner.invoke(["parse", *places])
    laps = Laps()
    with released_warehouse():
        made = runner.invoke(["run", "--full-refresh", "--no-write-json", *variables, *chosen, *places])
    laps.lap("cells")
    if not made.success:
        raise SystemExit(str(made.exception or "dbt failed"))
    from ingestion.warehouse_file import open_warehouse

    with open_warehouse(home) as con:
        counts = con.execute("""
            select count(*) as cells, count(distinct indicator_id) as indicators,
                count(distinct disaggregate) as disaggregates,
                (select count(*) from marts.fct_student_year where collection = 'annual') as student_years
            from marts.indicator_cells
        """)
        names = [column[0] for column in counts.description]
        return {**dict(zip(names, counts.fetchall()[0], strict=True)), **laps.as_dict()["cells"]}


def measure_floor(folder: Path) -> dict[str, Any]:
    """The hand-written script's way from typed tables to the cells of six indicators."""
    import duckdb

    from benchmarks import floor
    from benchmarks.riverbend import unpacked

    deliveries = folder / "made/deliveries"
    with duckdb.connect() as con:
        con.execute("set preserve_insertion_order = false")
        floor.read(con, deliveries, unpacked(deliveries, folder / "unpacked"))
        laps = Laps()
        floor.count(con)
        laps.lap("cells")
        return {"cells": con.table("cells").shape[0], **laps.as_dict()["cells"]}


def compare(folder: Path, children: int) -> None:
    """Measure both histories and the floor, then print them."""
    found = {}
    for years in HISTORIES:
        place = folder / f"{years}_years"
        _in_own_process("prepare", place, children, years)
        found[f"{years} years"] = _in_own_process("measure", place, children, years)
    found["floor, 6 indicators"] = _in_own_process(FLOOR, place, children, HISTORIES[-1])
    columns = f"{'student-years':>14}{'cells':>12}{'seconds':>9}{'CPU s':>8}{'peak MB':>9}{'µs a cell':>11}"
    print(f"\n{'':22}{columns}")
    for title, one in found.items():
        print(
            f"{title:22}{one.get('student_years', 0) or '':>14}{one['cells']:>12,}{one['seconds']:>9.1f}"
            f"{one['cpu_seconds']:>8.1f}{one['peak_mb']:>9,.0f}"
            f"{1e6 * one['seconds'] / one['cells']:>11.1f}"
        )
    short, long = (found[f"{years} years"] for years in HISTORIES)
    grown = long["student_years"] / short["student_years"]
    print(f"\n{long['indicators']} indicators by {long['disaggregates']} disaggregates and pairs")
    print(f"{grown:.1f} times the student-years take {long['seconds'] / short['seconds']:.1f} times as long")
    met = "met" if long["seconds"] <= TARGET_SECONDS and long["peak_mb"] <= TARGET_MB else "MISSED"
    at_large = f", {met}" if children >= LARGE_CHILDREN else ""
    share, of_memory = long["seconds"] / TARGET_SECONDS, long["peak_mb"] / TARGET_MB
    print(
        f"{share:.2f} of {TARGET_SECONDS} s, {of_memory:.2f} of 4 GB (targets at 1 M student-years{at_large})"
    )


def _in_own_process(step: str, folder: Path, children: int, years: int) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "MILEPOST_HOME": str(folder / "home"), "DO_NOT_TRACK": "1"}
    environment["MILEPOST_COMMUNITIES"] = str(Path(__file__).parents[1] / "communities")
    command = [sys.executable, "-m", "benchmarks.indicators", "--step", step, "--folder", str(folder)]
    command += ["--children", str(children), "--years", str(years)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{step} failed:\n{done.stdout}{done.stderr}")
    result = folder / f"{step}.json"
    found: dict[str, Any] = json.loads(result.read_text()) if result.exists() else {}
    return found


def main() -> None:
    """What the command line says to measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indicators", description=__doc__)
    parser.add_argument("--children", type=int, default=CHILDREN, help="a year (default 12000)")
    parser.add_argument("--folder", type=Path, help="an empty folder, kept (default: a temporary one)")
    parser.add_argument("--step", choices=["prepare", "measure", FLOOR], help=argparse.SUPPRESS)
    parser.add_argument("--years", type=int, default=HISTORIES[-1], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step == "prepare":
        prepare(arguments.folder, arguments.children, arguments.years)
    elif arguments.step:
        found = (measure_floor if arguments.step == FLOOR else measure)(arguments.folder)
        (arguments.folder / f"{arguments.step}.json").write_text(json.dumps(found))
    elif arguments.folder:
        compare(arguments.folder, arguments.children)
    else:
        with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
            compare(Path(folder), arguments.children)


if __name__ == "__main__":
    main()
