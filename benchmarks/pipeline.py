"""The real pipeline, timed step by step through the functions that `milepost load` and `refresh` call."""

from __future__ import annotations

import importlib
import statistics
from pathlib import Path
from typing import Any

from benchmarks.measuring import Laps
from orchestration.progress import Progress

SMALL_ROWS = 20_000
# Dagster step of a refresh -> the step it is booked on.
STEPS = {
    "reference": "identity",
    "person_links": "identity",
    "place_links": "identity",
    "warehouse": "dbt",
    "release": "publish",
}


class Listener(Progress):
    """Books laps as the jobs report how far they are, and keeps what each delivery took."""

    def __init__(self, laps: Laps) -> None:
        self.laps = laps
        self.outcomes: list[tuple[str, int, float]] = []  # outcome, rows, seconds from reading to promoted

    def loaded(self, outcome: Any) -> None:
        self.outcomes.append((outcome.outcome, outcome.rows, outcome.seconds))

    def building(self, step: str, done: int, total: int) -> None:  # noqa: ARG002
        self.laps.lap(STEPS.get(step, step))


def run(deliveries: Path, laps: Laps) -> dict[str, Any]:
    """Take all files in and publish them; then one delivery of some 20,000 rows, received to published."""
    home = _start()
    laps.lap("start")
    files = sorted(path for path in deliveries.glob("*/*") if path.is_file())
    listener = _take_in(home, files, laps)
    small = sorted(seconds for _, rows, seconds in listener.outcomes if rows <= SMALL_ROWS)
    again = Laps()
    sent = _correction(deliveries)
    _take_in(home, [sent], again)
    return {
        "home": str(home.root),
        "deliveries": len(listener.outcomes),
        "rows": sum(rows for _, rows, _ in listener.outcomes),
        "rejected": sum(outcome == "rejected" for outcome, _, _ in listener.outcomes),
        "small_deliveries": len(small),
        "seconds_each": statistics.fmean(small) if small else None,
        "one_delivery": again.as_dict(),
        "one_delivery_rows": sum(1 for _ in sent.open("rb")),
    }


def _start() -> Any:
    """Import what a running process has imported, with dbt's manifest parsed as after the first refresh."""
    for module in (
        "dbt.cli.main",
        "dbt.adapters.duckdb.connections",
        "expectations.gx_duckdb",
        "orchestration.definitions",
    ):
        importlib.import_module(module)
    from orchestration.settings import prepare_environment
    from orchestration.warehouse import prepared_manifest

    home = prepare_environment()
    prepared_manifest()
    return home


def _take_in(home: Any, files: list[Path], laps: Laps) -> Listener:
    from orchestration.received import receive_files
    from orchestration.runs import load_in_process, refresh_in_process

    listener = Listener(laps)
    received, refused = receive_files(home, files)
    laps.lap("receive")
    loaded = load_in_process([delivery.load_id for delivery in received], listener)
    laps.lap("load")
    refreshed = refresh_in_process(listener)
    laps.lap("publish")
    problems = [*map(str, refused), *loaded["failures"], *refreshed["failures"]]
    if problems:
        raise SystemExit("\n".join(map(str, problems)))
    return listener


def _correction(deliveries: Path) -> Path:
    """A file of some 20,000 rows without its last line, to be sent again: a correction of the same period."""

    def rows(path: Path) -> int:
        return sum(1 for _ in path.open("rb"))

    texts = (path for path in deliveries.glob("river_city/*_2024-25_*") if path.suffix in (".csv", ".txt"))
    path = min(texts, key=lambda path: abs(rows(path) - SMALL_ROWS))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    return path
