"""Smallest and largest values that unknowns of a system of sums can take, by linear programs (HiGHS)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from publishing.attack.programs import Contradiction, Programs

SPREAD_ROUNDS = 40
LEAST_PROGRESS = 0.02  # of what is open; a round that proves less is the last
STEP = 12.0  # further than any width that is asked for
TOLERANCE = 1e-6
SEED = 18


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


@dataclass
class Ranges:
    """Of each unknown the smallest and largest value seen; where `is_exact`, no other can be."""

    low: np.ndarray
    high: np.ndarray
    is_exact: np.ndarray


def find_ranges(system: System) -> Ranges:
    """Ranges of all unknowns; exact wherever the width that is needed was not found.

    Every solution is a table that fits what is published, so it widens the range of every unknown in it.
    Solutions that are no whole numbers prove nothing and are passed over, but where the range of a fraction
    already is too narrow. Raises Contradiction.
    """
    n = len(system.low)
    ranges = Ranges(np.full(n, np.inf), np.full(n, -np.inf), np.zeros(n, bool))
    blocks = _blocks(system)
    _spread(system, ranges, blocks[:n])
    if not _is_unproved(system, ranges).any():
        return ranges
    ranges.is_exact |= _determined(system) & (ranges.low == ranges.high)
    for block in np.unique(blocks[:n][_is_unproved(system, ranges)]):
        _one_by_one(system, ranges, np.flatnonzero(blocks[:n] == block), np.flatnonzero(blocks[n:] == block))
    return ranges


def _blocks(system: System) -> np.ndarray:
    """The number of the block of each unknown, then of each equation: what hangs together is one block."""
    from scipy.sparse import block_array
    from scipy.sparse.csgraph import connected_components

    m, n = system.matrix.shape
    if not m:
        return np.arange(n)
    graph = block_array([[None, system.matrix.T], [system.matrix, None]])
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def _determined(system: System) -> np.ndarray:
    """Unknowns that the equations alone fix: noise, less what the equations see of it, is 0 there."""
    from scipy.sparse.linalg import lsmr

    matrix = system.matrix
    if not matrix.shape[0]:
        return np.zeros(matrix.shape[1], bool)
    noise = np.random.default_rng(SEED).standard_normal(matrix.shape[1])
    seen = lsmr(matrix, matrix @ noise, atol=1e-12, btol=1e-12, maxiter=20 * max(matrix.shape))[0]
    return np.abs(noise - seen) < 1e-7


def _spread(system: System, ranges: Ranges, blocks: np.ndarray) -> None:
    """Few programs for all unknowns at once, each near the first solution so that all of them move."""
    random = np.random.default_rng(SEED)
    n = len(system.low)
    programs = Programs(system.matrix, system.known, system.low, system.high)
    start = programs.least(random.uniform(0, 1e-3, n))
    if start is None:
        start = programs.least(np.zeros(n))
    system.programs += 2
    if start is None:
        raise Contradiction
    _note(ranges, start, blocks)
    centre = np.round(start)
    programs.bound(np.maximum(system.low, centre - STEP), np.minimum(system.high, centre + STEP))
    open_ones = _is_unproved(system, ranges)
    for turn in range(SPREAD_ROUNDS):
        before = int(open_ones.sum())
        if not before:
            return
        # all up, all down, then each its own way
        signs = random.choice([-1.0, 1.0], n) if turn > 1 else np.full(n, 1.0 - 2 * turn)
        try:
            found = programs.least(np.where(open_ones, -signs * random.uniform(0.5, 1.5, n), 0.0))
        except Contradiction:  # the first solution was no whole table, and none is near
            return
        system.programs += 1
        if found is not None:
            _note(ranges, found, blocks)
        open_ones = _is_unproved(system, ranges)
        if turn > 2 and before - open_ones.sum() <= LEAST_PROGRESS * before:
            return


def _note(ranges: Ranges, values: np.ndarray, blocks: np.ndarray) -> None:
    """Widen the ranges by a solution, in each block where it is whole."""
    whole = np.round(values)
    broken = blocks[np.abs(values - whole) >= TOLERANCE]
    counts = ~np.isin(blocks, broken) if len(broken) else slice(None)
    ranges.low[counts] = np.minimum(ranges.low[counts], whole[counts])
    ranges.high[counts] = np.maximum(ranges.high[counts], whole[counts])


def _is_unproved(system: System, ranges: Ranges) -> np.ndarray:
    return (system.need > 0) & ~ranges.is_exact & ~(ranges.high - ranges.low >= system.need)


def _one_by_one(system: System, ranges: Ranges, variables: np.ndarray, equations: np.ndarray) -> None:
    """The largest and smallest value of each unknown that is left, in its own block."""
    open_ones = np.flatnonzero(_is_unproved(system, ranges)[variables])
    block = system.part(variables, equations)
    programs = Programs(block.matrix, block.known, block.low, block.high)
    mine = Ranges(*(getattr(ranges, name)[variables] for name in ("low", "high", "is_exact")))
    for one in open_ones:
        if mine.high[one] - mine.low[one] >= block.need[one]:
            continue
        low, high, is_whole = _ends(system, programs, mine, int(one))
        if mine.high[one] - mine.low[one] >= block.need[one]:
            continue  # a solution on the way was enough
        if not is_whole and block.need[one] <= high - low < block.need[one] + 1:
            low, high = _whole_ends(system, programs, int(one), low, high)
        mine.low[one], mine.high[one], mine.is_exact[one] = low, high, True
    for name in ("low", "high", "is_exact"):
        getattr(ranges, name)[variables] = getattr(mine, name)


def _ends(system: System, programs: Programs, mine: Ranges, one: int) -> tuple[float, float, bool]:
    """The smallest and largest value of one unknown, and whether whole tables have them.

    A table in fractions bounds whole ones, but a range that it leaves open might not be: so it is believed
    only where the range is wider than it has to be by one.
    """
    ends, is_whole = [], True
    for direction in (1.0, -1.0):
        found = programs.least_of(one, direction)
        system.programs += 1
        if found is None:
            ends.append(-direction * np.inf)
            continue
        inwards = np.ceil if direction > 0 else np.floor
        ends.append(float(inwards(found[one] - direction * TOLERANCE)))
        is_whole &= bool((np.abs(found - np.round(found)) < TOLERANCE).all())
        _note(mine, found, np.zeros(len(found), int))
    return ends[0], ends[1], is_whole


def _whole_ends(system: System, programs: Programs, one: int, low: float, high: float) -> tuple[float, float]:
    """The same among whole tables; an end stays as it is where they cannot be found in seconds."""
    ends = []
    for direction, end in ((1.0, low), (-1.0, high)):
        found = programs.least_whole(one, direction)
        system.programs += 1
        ends.append(end if found is None else float(np.round(found[one])))
    return ends[0], ends[1]
