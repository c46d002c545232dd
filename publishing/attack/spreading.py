"""Tables that leave many unknowns open at once: a first one, some far from it, and some near it."""

from __future__ import annotations

import numpy as np

from publishing.attack.nearby import REACH, Nearby
from publishing.attack.parts import Parts, is_whole
from publishing.attack.programs import Contradiction, Programs
from publishing.attack.system import Ranges, System

STARTS, FIRST_SECONDS = 5, 20.0  # tries of a linear program for a first table, and of an integer program
FAR_ROUNDS, NEAR_ROUNDS = 40, 1000
LEAST_PROGRESS = 0.1  # of what is left; a far round that proves less is the last
SHARE, FEWEST = (
    0.5,
    20,
)  # of the unknowns that are left, those a near round moves: all are in each other's way
LITTLE, QUIET = 4, 3  # unknowns; so many near rounds in a row that prove fewer are the last
SEED = 18


def begin(system: System, parts: Parts, blocks: np.ndarray) -> None:
    """A first whole table of each block: of linear programs, or else of an integer program.

    Raises Contradiction.
    """
    random = np.random.default_rng(SEED)
    start = _at_random(system, Programs(system.matrix, system.known, system.low, system.high), random)
    parts.begin(start)
    of_variables, of_equations = blocks[: system.size], blocks[system.size :]
    for block in np.unique(of_variables[np.isnan(parts.first)]):
        variables, equations = np.flatnonzero(of_variables == block), np.flatnonzero(of_equations == block)
        one = system.part(variables, equations)
        programs = Programs(one.matrix, one.known, one.low, one.high)
        for _ in range(STARTS):
            start[variables] = _at_random(system, programs, random)
            if is_whole(start[variables]).all():
                break
        else:
            system.programs += 1
            found = programs.least_whole(random.uniform(0, 1e-3, one.size), FIRST_SECONDS)
            start[variables] = start[variables] if found is None else found
    parts.begin(start)


def spread_far(system: System, ranges: Ranges, parts: Parts) -> None:
    """Few tables in which all that is left moves far: all up, all down, then each its own way."""
    random = np.random.default_rng(SEED)
    low = np.fmax(system.low, parts.first - REACH)
    high = np.fmin(system.high, parts.first + REACH)
    programs = Programs(system.matrix, system.known, low, high)
    left = ranges.lacks(system.need)
    for turn in range(FAR_ROUNDS):
        before = int(left.sum())
        if not before:
            return
        n = system.size
        signs = random.choice([-1.0, 1.0], n) if turn > 1 else np.full(n, 1.0 - 2 * turn)
        found = programs.least(np.where(left, -signs * random.uniform(0.5, 1.5, n), 0.0))
        system.programs += 1
        if found is not None:
            ranges.note(parts.whole(found))
        left = ranges.lacks(system.need)
        if turn > 1 and before - left.sum() < LEAST_PROGRESS * before:
            return


def spread_near(system: System, ranges: Ranges, parts: Parts) -> None:
    """Tables near the first, each moving many of the unknowns that are left as far as they need."""
    random = np.random.default_rng(SEED)
    nearby = Nearby(system, parts.first)
    has_first, quiet = ~np.isnan(parts.first), 0
    left = np.flatnonzero(ranges.lacks(system.need) & has_first)
    for _ in range(NEAR_ROUNDS):
        if not len(left) or quiet == QUIET:
            return
        ones = left[random.random(len(left)) < max(SHARE, FEWEST / len(left))]
        above, below = ranges.high[ones] - parts.first[ones], parts.first[ones] - ranges.low[ones]
        is_up = ((above == 0) & (nearby.up[ones] > 0)) | (nearby.down[ones] == 0)
        found = nearby.moving(ones, is_up, system.need[ones] - np.where(is_up, below, above))
        system.programs += 1
        if found is not None:
            ranges.note(parts.whole(found))
        before, left = len(left), np.flatnonzero(ranges.lacks(system.need) & has_first)
        quiet = quiet + 1 if before - len(left) < LITTLE else 0


def _at_random(system: System, programs: Programs, random: np.random.Generator) -> np.ndarray:
    system.programs += 2
    start = programs.least(random.uniform(0, 1e-3, programs.size))
    if start is None:
        start = programs.least(np.zeros(programs.size))
    if start is None:
        raise Contradiction
    return start
