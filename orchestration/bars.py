"""How far a load and the steps of a refresh are: bars on a terminal, else lines for a log."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orchestration.console import err
from orchestration.progress import Progress

if TYPE_CHECKING:
    from expectations.outcome import LoadOutcome
    from ingestion.errors import MilepostError

LOADING = "Loading deliveries"
SECONDS_BETWEEN_LINES = 30


class Bars(Progress):
    """Progress on stderr of a load and the steps of a refresh; keeps the outcomes it was told of."""

    def __init__(self, titles: Mapping[str, str] | None = None) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self.outcomes: list[LoadOutcome] = []
        self.errors: list[MilepostError] = []
        self._titles = titles or {}
        self._bars = RichProgress(
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err,
            transient=False,
        )
        self._tasks: dict[str, Any] = {}
        self._told: dict[str, float] = {}  # step -> seconds from the beginning to its last line
        self._ended: set[tuple[str, int]] = set()  # steps that were told to be done, by their pieces
        self._began = 0.0

    @contextmanager
    def showing(self) -> Iterator[Bars]:
        """Draw while the block runs; where stderr is not a terminal, print a line at each step's end instead.

        Of a step of many pieces, also at its beginning, and every half minute.
        """
        self._began = time.monotonic()
        if not err.is_terminal:
            yield self
            return
        with self._bars:
            yield self

    def expect(self, deliveries: int) -> None:
        self._update(LOADING, 0, deliveries)

    def loaded(self, outcome: LoadOutcome) -> None:
        self.outcomes.append(outcome)
        if LOADING in self._tasks:
            task = self._bars.tasks[self._tasks[LOADING]]
            self._update(LOADING, int(task.completed) + 1, int(task.total or 0))

    def failed(self, error: MilepostError) -> None:
        self.errors.append(error)

    def building(self, step: str, done: int, total: int) -> None:
        self._update(step, done, total)

    def waiting(self, message: str) -> None:
        err.print(message, style="yellow")

    def _update(self, step: str, done: int, total: int) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(self._titles.get(step, step), total=total)
            self._told[step] = -SECONDS_BETWEEN_LINES
        self._bars.update(self._tasks[step], completed=done, total=total)
        if not err.is_terminal:
            self._tell(step, done, total)

    def _tell(self, step: str, done: int, total: int) -> None:
        seconds = time.monotonic() - self._began
        if (step, total) in self._ended:
            return
        if done >= total or seconds - self._told[step] >= SECONDS_BETWEEN_LINES:
            self._told[step] = seconds
            if done >= total:
                self._ended.add((step, total))
            how_far = "done" if done == total == 1 else f"{done:,} of {total:,}"
            said = f"{self._titles.get(step, step)}: {how_far} after {seconds:.0f} s"
            err.print(said, markup=False, soft_wrap=True)
