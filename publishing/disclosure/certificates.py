"""Proof that hidden numbers stay open: other tables that fit all that is published, found by linear programs.

Method: controlled tabular adjustment in the manner of Fischetti and Salazar (2001), turned round: a table
that differs
from the true one in hidden cells alone, satisfies every sum and every bound, and moves a protected cell, is
what an attacker cannot rule out. Each table serves all cells it moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from publishing.disclosure.linear_program import Program
from publishing.disclosure.system import UNBOUNDED, Flags, Numbers, Openness, System

BATCHES = 6
MOST_COLUMNS = 4000  # of one batch: parts that share no sum are solved together up to this size
WHOLE = 1e-6  # how far from a whole number a solution may be, to be taken for it
FARTHEST = 5  # times the largest need: no table moves a number farther


class Search:
    """Tables that fit what is published while `hidden` is hidden; kept in an `Openness`."""

    def __init__(self, system: System, hidden: Flags) -> None:
        from scipy.sparse.csgraph import connected_components

        self.system = system
        self.cells = np.flatnonzero(hidden)
        sums = system.sums[:, self.cells].tocsr()
        sums = sums[np.flatnonzero(np.diff(sums.indptr))]
        n_sums = sums.shape[0]
        _, labels = connected_components(_bipartite(sums), directed=False)
        self.part = labels[n_sums:]
        self.sums = sums
        far = farthest_of(system)
        low = system.low[self.cells] - system.value[self.cells]
        high = system.high[self.cells] - system.value[self.cells]
        self.low, self.high = np.maximum(low, -far), np.minimum(high, far)
        self.need = system.need[self.cells]
        self.block, self.never_shown = system.block[self.cells], system.never_shown[self.cells]

    def certify(self, open_: Openness) -> Numbers:
        """Add tables to `open_`; the protected cells that no table leaves open as wide as they need."""
        for columns in self._bins(self._lacking(open_)):
            self._batches(columns, open_)
        # first within a table (a population, a version): where others stand still, the search is smaller
        for number in np.unique(self.block[self._lacking(open_)]).tolist():
            for part in np.unique(self.part[self._lacking(open_)]).tolist():
                self._one_by_one(self._within(part, number), open_)
        for part in np.unique(self.part[self._lacking(open_)]).tolist():
            self._one_by_one(np.flatnonzero(self.part == part), open_)
        return self.cells[self._lacking(open_)]

    def _lacking(self, open_: Openness) -> Numbers:
        return np.flatnonzero(open_.width()[self.cells] < self.need)

    def _bins(self, lacking: Numbers) -> Iterator[Numbers]:
        """Columns of parts with something to prove, many small parts at once."""
        wanted = np.zeros(self.part.max(initial=0) + 1, dtype=bool)
        wanted[self.part[lacking]] = True
        columns = np.flatnonzero(wanted[self.part])
        columns = columns[np.argsort(self.part[columns], kind="stable")]
        start = 0
        while start < len(columns):
            end = min(start + MOST_COLUMNS, len(columns))
            while end < len(columns) and self.part[columns[end]] == self.part[columns[end - 1]]:
                end += 1
            yield columns[start:end]
            start = end

    def _within(self, part: int, block: int) -> Numbers:
        """Columns of a part that are of one table, with the differences to others that move along."""
        inside = (self.part == part) & (self.block == block)
        touched = np.zeros(len(inside), dtype=bool)
        touched[self.sums[np.flatnonzero(abs(self.sums) @ inside)].indices] = True
        return np.flatnonzero(inside | (touched & self.never_shown))

    def _matrix(self, columns: Numbers) -> Any:
        sums = self.sums[:, columns].tocsr()
        return sums[np.flatnonzero(np.diff(sums.indptr))]

    def _batches(self, columns: Numbers, open_: Openness) -> None:
        """Several linear programs that move as many protected cells as they can, each its own way."""
        from scipy.sparse import csr_array, eye_array, hstack, vstack

        needing = np.flatnonzero(self.need[columns] > 0)
        picked = csr_array(
            (np.ones(len(needing)), (np.arange(len(needing)), needing)), shape=(len(needing), len(columns))
        )
        sums, k = self._matrix(columns), len(needing)
        none = csr_array((sums.shape[0], k))
        # up <= x and down <= -x, each at most what is needed: what is gained by moving a cell up or down
        matrix = vstack(
            [
                hstack([sums, none, none]),
                hstack([-picked, eye_array(k), csr_array((k, k))]),
                hstack([picked, csr_array((k, k)), eye_array(k)]),
            ]
        )
        m, need = sums.shape[0], self.need[columns[needing]].astype(float)
        program = Program(
            matrix,
            np.concatenate([np.zeros(m), np.full(2 * k, -np.inf)]),
            np.zeros(m + 2 * k),
            np.concatenate([self.low[columns], np.full(2 * k, -float(UNBOUNDED))]).astype(float),
            np.concatenate([self.high[columns], need, need]).astype(float),
        )
        random = np.random.default_rng(len(columns))
        cells = self.cells[columns[needing]]
        room_up, room_down = self.high[columns[needing]] >= need, -self.low[columns[needing]] >= need
        for _ in range(BATCHES):
            lacking = open_.width()[cells] < need
            if not lacking.any():
                return
            up = np.where(room_up == room_down, random.random(k) < 0.5, room_up)
            up = np.where(open_.most[cells] > 0, False, np.where(open_.least[cells] < 0, True, up))
            costs = np.concatenate([np.zeros(len(columns)), lacking & up, lacking & ~up]).astype(float)
            solution = program.solve(costs)
            if solution is not None and not _is_whole(solution[: len(columns)]):
                program.ask_for_integers(len(columns))
                solution = program.solve(costs)
                program.ask_for_integers(len(columns), asked=False)
            if solution is not None and not self._keep(columns, sums, solution[: len(columns)], open_):
                return

    def _one_by_one(self, columns: Numbers, open_: Openness) -> None:
        if not len(columns) or self._are_open(columns, open_):
            return
        sums = self._matrix(columns)
        zeros = np.zeros(sums.shape[0])
        bounds = self.low[columns].astype(float), self.high[columns].astype(float)
        program = Program(sums, zeros, zeros, *bounds)
        left: list[int] = []
        for column in range(len(columns)):
            ends = []
            for direction in (1, -1):
                if self._is_open(columns[column], open_):
                    break
                solution = program.solve_for(column, direction)
                if solution is not None:
                    ends.append(solution[column])
                    self._keep(columns, sums, solution, open_)
            else:
                # where tables with halves are wide enough, ones of whole numbers may be as well
                reach = ends[0] - ends[1] if len(ends) == 2 else 0
                if not self._is_open(columns[column], open_) and reach >= self.need[columns[column]]:
                    left.append(column)
        if not left:
            return
        program.ask_for_integers(len(columns))
        for column in left:
            for direction in (1, -1):
                if self._is_open(columns[column], open_):
                    break
                solution = program.solve_for(column, direction)
                if solution is not None:
                    self._keep(columns, sums, solution, open_)

    def _are_open(self, columns: Numbers, open_: Openness) -> bool:
        return bool((open_.width()[self.cells[columns]] >= self.need[columns]).all())

    def _is_open(self, column: int, open_: Openness) -> bool:
        cell = self.cells[column]
        return bool(open_.most[cell] - open_.least[cell] >= self.need[column])

    def _keep(self, columns: Numbers, sums: Any, solution: Any, open_: Openness) -> bool:
        """Keep the parts of a solution that are whole numbers and fit; whether any told something."""
        whole = np.rint(solution).astype(np.int64)
        # numbered anew, without gaps: the parts are in the order of the columns
        starts = np.flatnonzero(np.diff(self.part[columns], prepend=-1))
        number = np.cumsum(np.isin(np.arange(len(columns)), starts)) - 1
        wrong = np.zeros(len(starts), dtype=bool)
        wrong[number[np.abs(solution - whole) > WHOLE]] = True
        wrong[number[(whole < self.low[columns]) | (whole > self.high[columns])]] = True
        broken = np.flatnonzero(sums @ whole)
        if len(broken):
            wrong[number[sums[broken].indices]] = True
        gained = False
        for i, (start, end) in enumerate(zip(starts, [*starts[1:], len(columns)], strict=True)):
            if not wrong[i] and whole[start:end].any():
                gained |= open_.add(self.cells[columns[start:end]], whole[start:end])
        return gained


def farthest_of(system: System) -> int:
    """How far a table may move a number: sums of larger numbers cannot bind, so they need not be known."""
    return int(FARTHEST * system.need.max(initial=1))


def _bipartite(sums: Any) -> Any:
    from scipy.sparse import block_array, csr_array

    m, n = sums.shape
    return block_array([[csr_array((m, m)), abs(sums)], [None, csr_array((n, n))]])


def _is_whole(numbers: Any) -> bool:
    return bool(np.all(np.abs(numbers - np.rint(numbers)) <= WHOLE))
