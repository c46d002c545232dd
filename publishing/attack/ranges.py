"""Smallest and largest values that unknowns of a system of sums can take, by linear programs (HiGHS)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from publishing.attack.nearby import Nearby
from publishing.attack.parts import TOLERANCE, Parts, connected, is_whole
from publishing.attack.programs import Contradiction, Programs

FAR_ROUNDS, NEAR_ROUNDS = 40, 1000
LEAST_PROGRESS = 0.1  # of what is left; a far round that proves less is the last
SHARE, FEWEST = 0.5, 20  # of the unknowns that are left, those a round moves: all are in each other's way
LITTLE, QUIET = 4, 3  # unknowns; so many rounds in a row that prove fewer are the last
REACH = 12.0  # how far a number moves at most, if less than twice the width is asked for
STARTS, FIRST_SECONDS = 5, 20.0  # tries of a linear program for a first table, and of an integer program
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
    What of a solution is no whole numbers proves nothing and is passed over, but where the range of a
    fraction already is too narrow. Raises Contradiction.
    """
    n = len(system.low)
    ranges = Ranges(np.full(n, np.inf), np.full(n, -np.inf), np.zeros(n, bool))
    blocks = connected(system.matrix)
    parts = Parts(system.matrix, blocks[:n])
    _begin(system, parts, blocks)
    _note(ranges, parts.first)
    _spread_far(system, ranges, parts)
    _spread_near(system, ranges, parts)
    if not _is_unproved(system, ranges).any():
        return ranges
    ranges.is_exact |= _determined(system) & (ranges.low == ranges.high)
    for block in np.unique(blocks[:n][_is_unproved(system, ranges)]):
        variables, equations = np.flatnonzero(blocks[:n] == block), np.flatnonzero(blocks[n:] == block)
        _one_by_one(system, ranges, variables, equations, parts.first[variables])
    return ranges


def _determined(system: System) -> np.ndarray:
    """Unknowns that the equations alone fix: noise, less what the equations see of it, is 0 there."""
    from scipy.sparse.linalg import lsmr

    matrix = system.matrix
    if not matrix.shape[0]:
        return np.zeros(matrix.shape[1], bool)
    noise = np.random.default_rng(SEED).standard_normal(matrix.shape[1])
    seen = lsmr(matrix, matrix @ noise, atol=1e-12, btol=1e-12, maxiter=20 * max(matrix.shape))[0]
    return np.abs(noise - seen) < 1e-7


def _begin(system: System, parts: Parts, blocks: np.ndarray) -> None:
    """A first whole table of each block: of linear programs, or else of an integer program."""
    n, random = len(system.low), np.random.default_rng(SEED)
    start = _at_random(system, Programs(system.matrix, system.known, system.low, system.high), random)
    parts.begin(start)
    for block in np.unique(blocks[:n][np.isnan(parts.first)]):
        variables, equations = np.flatnonzero(blocks[:n] == block), np.flatnonzero(blocks[n:] == block)
        one = system.part(variables, equations)
        programs = Programs(one.matrix, one.known, one.low, one.high)
        for _ in range(STARTS):
            start[variables] = _at_random(system, programs, random)
            if is_whole(start[variables]).all():
                break
        else:
            system.programs += 1
            found = programs.least_whole(random.uniform(0, 1e-3, len(variables)), FIRST_SECONDS)
            start[variables] = start[variables] if found is None else found
    parts.begin(start)


def _at_random(system: System, programs: Programs, random: np.random.Generator) -> np.ndarray:
    system.programs += 2
    start = programs.least(random.uniform(0, 1e-3, programs.size))
    if start is None:
        start = programs.least(np.zeros(programs.size))
    if start is None:
        raise Contradiction
    return start


def _spread_far(system: System, ranges: Ranges, parts: Parts) -> None:
    """Few tables in which all that is left moves far: all up, all down, then each its own way."""
    random = np.random.default_rng(SEED)
    low = np.fmax(system.low, parts.first - REACH)
    high = np.fmin(system.high, parts.first + REACH)
    programs = Programs(system.matrix, system.known, low, high)
    left = _is_unproved(system, ranges)
    for turn in range(FAR_ROUNDS):
        before = int(left.sum())
        if not before:
            return
        n = len(left)
        signs = random.choice([-1.0, 1.0], n) if turn > 1 else np.full(n, 1.0 - 2 * turn)
        found = programs.least(np.where(left, -signs * random.uniform(0.5, 1.5, n), 0.0))
        system.programs += 1
        if found is not None:
            _note(ranges, parts.whole(found))
        left = _is_unproved(system, ranges)
        if turn > 1 and before - left.sum() < LEAST_PROGRESS * before:
            return


def _spread_near(system: System, ranges: Ranges, parts: Parts) -> None:
    """Tables near the first, each moving many of the unknowns that are left."""
    random = np.random.default_rng(SEED)
    nearby = _nearby(system, parts)
    is_known, quiet = ~np.isnan(parts.first), 0
    left = np.flatnonzero(_is_unproved(system, ranges) & is_known)
    for _ in range(NEAR_ROUNDS):
        if not len(left) or quiet == QUIET:
            return
        ones = left[random.random(len(left)) < max(SHARE, FEWEST / len(left))]
        above, below = ranges.high[ones] - parts.first[ones], parts.first[ones] - ranges.low[ones]
        is_up = ((above == 0) & (nearby.up[ones] > 0)) | (nearby.down[ones] == 0)
        found = nearby.moving(ones, is_up, system.need[ones] - np.where(is_up, below, above))
        system.programs += 1
        if found is not None:
            _note(ranges, parts.whole(found))
        before, left = len(left), np.flatnonzero(_is_unproved(system, ranges) & is_known)
        quiet = quiet + 1 if before - len(left) < LITTLE else 0


def _note(ranges: Ranges, table: np.ndarray) -> None:
    """Widen the ranges by a whole table, where there is one."""
    ranges.low, ranges.high = np.fmin(ranges.low, table), np.fmax(ranges.high, table)


def _is_unproved(system: System, ranges: Ranges) -> np.ndarray:
    return (system.need > 0) & ~ranges.is_exact & ~(ranges.high - ranges.low >= system.need)


def _one_by_one(
    system: System, ranges: Ranges, variables: np.ndarray, equations: np.ndarray, first: np.ndarray
) -> None:
    """The largest and smallest value of each unknown that is left, in its own block."""
    open_ones = np.flatnonzero(_is_unproved(system, ranges)[variables])
    block = system.part(variables, equations)
    programs = Programs(block.matrix, block.known, block.low, block.high)
    parts = Parts(block.matrix, np.zeros(len(variables), int), first)
    nearby = _nearby(block, parts)
    mine = Ranges(*(getattr(ranges, name)[variables] for name in ("low", "high", "is_exact")))
    for one in open_ones:
        if _is_open(system, block, nearby, parts, mine, int(one)):
            continue
        low, high, is_end_whole = _ends(system, programs, parts, mine, int(one))
        if mine.high[one] - mine.low[one] >= block.need[one]:
            continue  # a solution on the way was enough
        if not is_end_whole and block.need[one] <= high - low < block.need[one] + 1:
            low, high = _whole_ends(system, programs, int(one), low, high)
        mine.low[one], mine.high[one], mine.is_exact[one] = low, high, True
    for name in ("low", "high", "is_exact"):
        getattr(ranges, name)[variables] = getattr(mine, name)


def _nearby(system: System, parts: Parts) -> Nearby:
    return Nearby(system, parts.first, max(REACH, 2 * system.need.max(initial=0)))


def _is_open(system: System, block: System, nearby: Nearby, parts: Parts, mine: Ranges, one: int) -> bool:
    """Whether tables near the first leave one unknown as open as it needs to be."""
    need = block.need[one]
    for is_up in (True, False):
        if mine.high[one] - mine.low[one] >= need:
            return True
        if np.isnan(parts.first[one]):
            return False
        already = parts.first[one] - mine.low[one] if is_up else mine.high[one] - parts.first[one]
        found = nearby.moving_one(one, is_up, need - already)
        system.programs += 1
        if found is not None:
            _note(mine, parts.whole(found))
    return bool(mine.high[one] - mine.low[one] >= need)


def _ends(
    system: System, programs: Programs, parts: Parts, mine: Ranges, one: int
) -> tuple[float, float, bool]:
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
        table = parts.whole(found)
        is_whole &= table[one] == ends[-1]
        _note(mine, table)
    return ends[0], ends[1], is_whole


def _whole_ends(system: System, programs: Programs, one: int, low: float, high: float) -> tuple[float, float]:
    """The same among whole tables; an end stays as it is where they cannot be found in seconds."""
    ends = []
    for direction, end in ((1.0, low), (-1.0, high)):
        found = programs.least_whole_of(one, direction)
        system.programs += 1
        ends.append(end if found is None else float(np.round(found[one])))
    return ends[0], ends[1]
