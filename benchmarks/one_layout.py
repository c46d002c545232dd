"""One delivery of a layout, loaded as `milepost load` does, in a deployment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measuring import Laps

Side = Callable[[Path, Path, Laps], dict[str, int]]  # folder to work in, export, laps -> rows by table


def load_delivery(folder: Path, layout: str, export: Path, laps: Laps) -> dict[str, int]:
    """Rows by extract, of a file or folder that must be accepted; laps `start`, `receive` and `load`."""
    from expectations.gx_duckdb import known_expectations
    from expectations.loading import load_file
    from ingestion.configuration.community import load_communities
    from ingestion.home import Home
    from ingestion.landing.receive import receive

    known_expectations()  # the import is paid once per process, not per delivery
    communities, home = load_communities(_configuration(folder, layout)), Home(folder / "home").create()
    laps.lap("start")
    deliveries = receive(home, communities, export)
    laps.lap("receive")
    outcomes = load_file(home, communities, deliveries)
    laps.lap("load")
    assert all(outcome.outcome == "accepted" for outcome in outcomes), [o.reason for o in outcomes]
    return {outcome.delivery.extract_id: outcome.rows for outcome in outcomes}


def measure(run: Side, export: Path) -> None:
    """One side in this process: prints its laps and rows as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        laps = Laps()
        rows = run(Path(folder), export, laps)
    steps = {name: asdict(lap) for name, lap in laps.steps.items() if name != "start"}
    print(json.dumps({"steps": steps, "rows": rows}))


def best_of(rounds: int, module: str, side: str, export: Path) -> dict[str, Any]:
    """The fastest of some runs of one side, each in a process of its own."""
    command = [sys.executable, "-m", module, "--side", side, "--export", str(export)]
    runs = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(rounds)
    ]
    return min(runs, key=lambda run: float(sum(step["seconds"] for step in run["steps"].values())))


def _configuration(folder: Path, layout: str) -> Path:
    place = folder / "communities" / "bench"
    (place / "extracts").mkdir(parents=True)
    (place / "community.yml").write_text(
        "community: bench\nname: Bench\nschool_years: {first: 2020, last: 2026}\n"
        "collections: {annual: {maturity: final}}\npartners: {ours: {title: Ours, sector: housing}}\n"
    )
    (place / "agreements.yml").write_text(
        "agreements:\n  all: {parties: [ours], purpose: to measure, extracts: all, starts: 2020-01-01,"
        " expires: 2999-01-01}\n"
    )
    (place / "extracts" / f"ours__{layout}.yml").write_text(
        f"partner: ours\nlayout: {layout}\nagreement: all\n"
    )
    return place.parent
