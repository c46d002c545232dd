"""Smallest and largest values that unknowns of a system of sums can take, by linear programs (HiGHS)."""

from __future__ import annotations

import numpy as np

from publishing.attack.one_by_one import OneByOne
from publishing.attack.parts import Parts, connected
from publishing.attack.spreading import SEED, begin, spread_far, spread_near
from publishing.attack.system import Ranges, System


def find_ranges(system: System) -> Ranges:
    """Ranges of all unknowns; exact wherever the width that is needed was not found.

    Every solution is a table that fits what is published, so it widens the range of every unknown in it.
    What of a solution is no whole numbers proves nothing and is passed over, but where the range of a
    fraction already is too narrow. Raises Contradiction.
    """
    ranges, blocks = Ranges.of(system.size), connected(system.matrix)
    of_variables, of_equations = blocks[: system.size], blocks[system.size :]
    parts = Parts(system.matrix, of_variables)
    begin(system, parts, blocks)
    ranges.note(parts.first)
    spread_far(system, ranges, parts)
    spread_near(system, ranges, parts)
    if not ranges.lacks(system.need).any():
        return ranges
    ranges.is_exact |= _determined(system) & (ranges.low == ranges.high)
    for block in np.unique(of_variables[ranges.lacks(system.need)]):
        variables, equations = np.flatnonzero(of_variables == block), np.flatnonzero(of_equations == block)
        one, mine = system.part(variables, equations), ranges.part(variables)
        alone = OneByOne(one, parts.first[variables], mine)
        for variable in np.flatnonzero(mine.lacks(one.need)).tolist():
            alone.settle(variable)
        ranges.put(variables, mine)
        system.programs += one.programs
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
