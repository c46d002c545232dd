"""Smallest and largest values that unknowns of a system of sums can take, by linear programs (HiGHS)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SPREAD_ROUNDS = 6
STEP = 12.0  # further than any width that is asked for
TOLERANCE = 1e-6
SEED = 18


class Contradiction(Exception):
    """No numbers fulfil all sums: what was taken as known is not so, or a published number is wrong."""


@dataclass
class System:
    """`matrix` @ v = `known`, `low` <= v <= `high`; `need` is the width asked for of each v, 0 for none."""

    matrix: Any
    known: np.ndarray
    low: np.ndarray
    high: np.ndarray
    need: np.ndarray
    programs: int = field(default=0)

    def part(self, variables: np.ndarray, equations: np.ndarray) -> System:
        matrix = self.matrix[equations][:, variables]
        return System(
            matrix, self.known[equations], self.low[variables], self.high[variables], self.need[variables]
        )

    def solved(self, cost: np.ndarray, low: np.ndarray, high: np.ndarray, whole: bool = False) -> Any:
        """Values with the least cost; None where that has no end. With `whole`, integers alone."""
        from scipy.optimize import linprog

        self.programs += 1
        found = linprog(
            cost,
            A_eq=self.matrix if self.matrix.shape[0] else None,
            b_eq=self.known if self.matrix.shape[0] else None,
            bounds=np.column_stack([low, high]),
            method="highs",
            integrality=np.ones(len(cost)) if whole else None,
            options={"time_limit": 5.0, "mip_rel_gap": 0.0} if whole else {},
        )
        if found.status == 2:
            raise Contradiction
        if found.status == 0 or (found.status == 3 and not whole):
            return found.x if found.status == 0 else None
        if whole:  # too long: the bounds that fractions give are true of integers too
            return None
        raise RuntimeError(f"HiGHS ended with status {found.status}")  # never take that for a proof


@dataclass
class Ranges:
    """Of each unknown the smallest and largest value seen; where `is_exact`, no other can be."""

    low: np.ndarray
    high: np.ndarray
    is_exact: np.ndarray
    determined: np.ndarray


def find_ranges(system: System) -> Ranges:
    """Ranges of all unknowns; exact wherever the width that is needed was not found.

    Every solution is a table that fits what is published, so it widens the range of every unknown in it.
    Solutions that are no whole numbers prove nothing and are passed over, but where the range of a fraction
    already is too narrow. Raises Contradiction.
    """
    n = len(system.low)
    ranges = Ranges(np.full(n, np.inf), np.full(n, -np.inf), np.zeros(n, bool), np.zeros(n, bool))
    blocks = list(_blocks(system))
    ranges.determined = _determined(system)
    _spread(system, ranges, blocks)
    ranges.is_exact |= ranges.determined & (ranges.low == ranges.high)
    for variables, equations in blocks:
        open_ones = _unproved(system, ranges, variables)
        if len(open_ones):
            _one_by_one(system, ranges, variables, equations, open_ones)
    return ranges


def _blocks(system: System) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Unknowns and equations that hang together, as (variables, equations)."""
    from scipy.sparse import bmat
    from scipy.sparse.csgraph import connected_components

    m, n = system.matrix.shape
    graph = bmat([[None, system.matrix], [system.matrix.T, None]]) if m else None
    labels = connected_components(graph, directed=False)[1] if m else np.arange(n)
    order = np.argsort(labels, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        yield members[members >= m] - m, members[members < m]


def _determined(system: System) -> np.ndarray:
    """Unknowns that the equations alone fix: noise, less what the equations see of it, is 0 there."""
    from scipy.sparse.linalg import lsmr

    matrix = system.matrix
    if not matrix.shape[0]:
        return np.zeros(matrix.shape[1], bool)
    noise = np.random.default_rng(SEED).standard_normal(matrix.shape[1])
    seen = lsmr(matrix, matrix @ noise, atol=1e-12, btol=1e-12, maxiter=20 * max(matrix.shape))[0]
    return np.abs(noise - seen) < 1e-7


def _spread(system: System, ranges: Ranges, blocks: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Few programs for all unknowns at once, each near the first solution so that all of them move."""
    random = np.random.default_rng(SEED)
    start = system.solved(random.uniform(0, 1e-3, len(system.low)), system.low, system.high)
    if start is None:
        start = system.solved(np.zeros(len(system.low)), system.low, system.high)
    _note(ranges, start, blocks)
    centre = np.round(start)
    low, high = np.maximum(system.low, centre - STEP), np.minimum(system.high, centre + STEP)
    for turn in range(SPREAD_ROUNDS):
        wanted = _is_unproved(system, ranges)
        if not wanted.any():
            return
        signs = np.full(len(low), 1.0 if turn % 2 == 0 else -1.0)
        if turn >= 2:
            signs = random.choice([-1.0, 1.0], len(low))
        cost = np.where(wanted, -signs * random.uniform(0.5, 1.5, len(low)), 0.0)
        try:
            found = system.solved(cost, low, high)
        except Contradiction:  # the first solution was no whole table, and none is near
            return
        if found is not None:
            _note(ranges, found, blocks)


def _note(ranges: Ranges, values: np.ndarray, blocks: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Widen the ranges by a solution, block by block, where it is whole."""
    whole = np.round(values)
    is_whole = np.abs(values - whole) < TOLERANCE
    for variables, _ in blocks:
        if is_whole[variables].all():
            ranges.low[variables] = np.minimum(ranges.low[variables], whole[variables])
            ranges.high[variables] = np.maximum(ranges.high[variables], whole[variables])


def _is_unproved(system: System, ranges: Ranges) -> np.ndarray:
    return (system.need > 0) & ~ranges.is_exact & ~(ranges.high - ranges.low >= system.need)


def _unproved(system: System, ranges: Ranges, variables: np.ndarray) -> np.ndarray:
    return np.flatnonzero(_is_unproved(system, ranges)[variables])


def _one_by_one(
    system: System, ranges: Ranges, variables: np.ndarray, equations: np.ndarray, open_ones: np.ndarray
) -> None:
    """The largest and smallest value of each unknown that is left, in its own block."""
    block = system.part(variables, equations)
    alone = [(np.arange(len(variables)), equations)]
    mine = Ranges(*(getattr(ranges, name)[variables] for name in ("low", "high", "is_exact", "determined")))
    for one in open_ones:
        if mine.high[one] - mine.low[one] >= block.need[one]:
            continue
        ends = []
        for direction in (-1.0, 1.0):
            cost = np.zeros(len(variables))
            cost[one] = direction
            found = block.solved(cost, block.low, block.high)
            if found is not None and not _is_whole(found):
                found = _whole_solution(block, cost, found)
            if found is None:
                ends.append(-direction * np.inf)
                continue
            inwards = np.ceil if direction > 0 else np.floor
            ends.append(float(inwards(found[one] - direction * TOLERANCE)))
            _note(mine, found, alone)
            if mine.high[one] - mine.low[one] >= block.need[one]:
                break
        else:
            mine.high[one], mine.low[one] = ends
            mine.is_exact[one] = True
    for name in ("low", "high", "is_exact"):
        getattr(ranges, name)[variables] = getattr(mine, name)
    system.programs += block.programs


def _is_whole(values: np.ndarray) -> bool:
    return bool((np.abs(values - np.round(values)) < TOLERANCE).all())


def _whole_solution(block: System, cost: np.ndarray, found: np.ndarray) -> Any:
    """The same with integers alone; the solution in fractions where that takes too long."""
    whole = block.solved(cost, block.low, block.high, whole=True)
    return found if whole is None else whole
