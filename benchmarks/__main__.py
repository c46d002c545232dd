"""Measure the pipeline beside the floor and pandas: `python -m benchmarks --children N`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import riverbend
from benchmarks.measuring import Laps

PATHS = {
    "generator": "Made-up community",
    "floor": "Floor: one DuckDB script, no gate",
    "pandas": "The same in pandas, no gate",
    "pipeline": "Milepost",
}
STEPS = {
    "receive": "receive",
    "load": "load (read, map, judge, feedback, promote)",
    "identity": "configuration, identity",
    "dbt": "warehouse, disclosure control (dbt, with its tests)",
    "publish": "release",
}
DEFAULT_CHILDREN, DEMO_CHILDREN, LARGE_CHILDREN = 12_000, 12_000, 166_667
err = Console(stderr=True)


def main() -> None:
    """Run every path in a process of its own, compare what they counted, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--children", type=int, default=DEFAULT_CHILDREN, help="a year, for six years (default 12000)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--folder", type=Path, help="an empty folder to work in, kept (default: a temporary one)"
    )
    parser.add_argument("--path", choices=PATHS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.path:
        measure(options.path, options.folder, options.children)
    elif options.folder:
        report(options.folder, options.children, options.json)
    else:
        with tempfile.TemporaryDirectory(prefix="milepost-bench-") as folder:
            report(Path(folder), options.children, options.json)


def report(folder: Path, children: int, as_json: bool) -> None:
    """Measure all paths one after the other, then print; exits with 1 if they counted differently."""
    from benchmarks.agreement import floor_and_pandas, floor_and_warehouse
    from ingestion.home import Home

    measured = {path: _in_own_process(path, folder, children) for path in PATHS}
    agreements = {
        "floor and pandas": floor_and_pandas(folder / "floor.parquet", folder / "pandas.parquet"),
        "floor and Milepost": floor_and_warehouse(
            folder / "floor.parquet",
            Home(Path(measured["pipeline"]["home"])),
            folder / "made/truth/planted_dirt.parquet",
        ),
    }
    result = {
        "children": children,
        "student_years": children * 6,
        **measured,
        "agreements": {pair: asdict(agreement) for pair, agreement in agreements.items()},
    }
    if as_json:
        print(json.dumps(result, indent=1))
    else:
        show(result)
    if any(agreement.too_far for agreement in agreements.values()):
        raise SystemExit(1)


def _in_own_process(path: str, folder: Path, children: int) -> dict[str, Any]:
    """What one path took; a process of its own, so that its memory is its own and nothing is warm."""
    environment = {**os.environ, "MILEPOST_HOME": str(folder / "home"), "DO_NOT_TRACK": "1"}
    environment["MILEPOST_COMMUNITIES"] = str(_communities(folder))
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "--path",
        path,
        "--folder",
        str(folder),
        "--children",
        str(children),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with err.status(f"{PATHS[path]} ..."):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{PATHS[path]} failed:\n{done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads((folder / f"{path}.json").read_text())
    return found


def _communities(folder: Path) -> Path:
    """Riverbend as it is, but only the indicators that the floor and pandas count are selected.

    Nor are households made of addresses, which neither of the two does.
    """
    place = folder / "communities"
    if not place.exists():
        shutil.copytree(riverbend.COMMUNITY, place / riverbend.COMMUNITY.name)
        file = place / riverbend.COMMUNITY.name / "community.yml"
        selected = f"indicators: [{', '.join(riverbend.INDICATORS)}]"
        said = file.read_text().replace("indicators: all", selected)
        file.write_text(said.replace("identity: {", "identity: {households_by_address: false, "))
    return place


def measure(path: str, folder: Path, children: int) -> None:
    """Run one path in this process and write what it took to `<folder>/<path>.json`."""
    laps, facts = Laps(), dict[str, Any]()
    deliveries, scratch, output = folder / "made/deliveries", folder / "scratch", folder / f"{path}.parquet"
    if path == "generator":
        from synthetic import write_community

        laps.lap("start")
        # floor and pandas count schools alone, so the pipeline has nothing else to load
        made = write_community(folder / "made", children_per_year=children, with_sectors=False)
        facts["files"] = len(made.deliveries)
    elif path == "floor":
        from benchmarks import floor

        laps.lap("start")
        facts["cells"] = floor.cells(deliveries, scratch / path, output)
    elif path == "pandas":
        from benchmarks import in_pandas

        laps.lap("start")
        facts["cells"] = in_pandas.cells(deliveries, scratch / path, output)
    else:
        from benchmarks import pipeline

        facts = pipeline.run(deliveries, laps)
    if path != "pipeline":
        laps.lap("all")
    (folder / f"{path}.json").write_text(json.dumps({**facts, "steps": laps.as_dict()}))


def totals(measured: dict[str, Any]) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak of a path without its start."""
    steps = [step for name, step in measured["steps"].items() if name != "start"]
    return (
        sum(step["seconds"] for step in steps),
        sum(step["cpu_seconds"] for step in steps),
        max(step["peak_mb"] for step in steps),
    )


def show(result: dict[str, Any]) -> None:
    """The table, the small deliveries, the agreements."""
    floor_seconds = totals(result["floor"])[0]
    table = Table(
        title=f"{result['student_years']:,} student-years: {result['generator']['files']} files,"
        f" {result['pipeline']['rows']:,} rows in {result['pipeline']['deliveries']} deliveries"
    )
    table.add_column("")  # wrapped in a narrow terminal, so that no number is cut
    for column in ("seconds", "CPU s", "peak MB", "/ floor"):
        table.add_column(column, justify="right", no_wrap=True)

    def add(name: str, seconds: float, cpu_seconds: float, peak_mb: float, style: str = "") -> None:
        ratio = f"{seconds / floor_seconds:.2f}"
        table.add_row(name, f"{seconds:.1f}", f"{cpu_seconds:.1f}", f"{peak_mb:,.0f}", ratio, style=style)

    for path in ("floor", "pandas"):
        add(PATHS[path], *totals(result[path]))
    table.add_section()
    for step, title in STEPS.items():
        add(f"  {title}", *result["pipeline"]["steps"].get(step, dict.fromkeys("abc", 0.0)).values())
    add(PATHS["pipeline"], *totals(result["pipeline"]), style="bold")
    table.add_section()
    add(f"{PATHS['generator']}, written", *totals(result["generator"]))
    Console().print(table)
    for line in sentences(result):
        print(line)


def sentences(result: dict[str, Any]) -> list[str]:
    """Targets and how they were met, and whether the paths agree."""
    pipeline = result["pipeline"]
    (whole, whole_cpu, _), (floor, floor_cpu, _), (pandas, pandas_cpu, _) = (
        totals(result[path]) for path in ("pipeline", "floor", "pandas")
    )
    one = sum(step["seconds"] for step in pipeline["one_delivery"].values())
    large = result["children"] >= LARGE_CHILDREN
    demo = result["children"] == DEMO_CHILDREN
    million, each = "at 1 M student-years", pipeline["seconds_each"]
    lines = [
        f"Milepost / floor {whole / floor:.1f}, CPU {whole_cpu / floor_cpu:.1f} (target {million}: at most 3"
        f"{_met(whole <= 3 * floor, large)})",
        f"Milepost / pandas {whole / pandas:.1f}, CPU {whole_cpu / pandas_cpu:.1f} (target {million}: under 1"
        f"{_met(whole < pandas, large)})",
        f"One delivery of {pipeline['one_delivery_rows']:,} rows, received to published: {one:.1f} s"
        f" (target on the demo's {DEMO_CHILDREN:,} children: 5 s or less{_met(one <= 5, demo)})",
        f"{pipeline['small_deliveries']} deliveries of up to 20,000 rows: {each:.2f} s each"
        f" (target: 0.3 s or less{_met(each <= 0.3, True)})",
    ]
    for pair, agreement in result["agreements"].items():
        lines.append(
            f"{pair}: {agreement['equal']:,} of {agreement['cells']:,} cells equal,"
            f" {agreement['too_far']:,} further apart than the rows held back"
        )
    return lines


def _met(is_met: bool, applies: bool) -> str:
    return "" if not applies else ", met" if is_met else ", MISSED"


if __name__ == "__main__":
    main()
