"""The range of one unknown after the other: near the first table and, where that is not enough, all of it."""

from __future__ import annotations

import numpy as np

from publishing.attack.nearby import Nearby
from publishing.attack.parts import TOLERANCE, Parts
from publishing.attack.programs import Programs
from publishing.attack.system import Ranges, System


class OneByOne:
    """first: a first whole table of the block, nan if none was found. `ranges` are widened."""

    def __init__(self, block: System, first: np.ndarray, ranges: Ranges) -> None:
        self._block, self._ranges = block, ranges
        self._parts = Parts(block.matrix, np.zeros(block.size, int), first)
        self._programs = Programs(block.matrix, block.known, block.low, block.high)
        self._nearby = Nearby(block, first)

    def settle(self, one: int) -> None:
        """A range as wide as it needs, or else the smallest and largest value. Raises Contradiction."""
        need, ranges = self._block.need[one], self._ranges
        if ranges.is_wide(one, need) or self._is_open_nearby(one):
            return
        low, high, is_whole = self._ends(one)
        if ranges.is_wide(one, need):
            return  # a solution on the way was enough
        if not is_whole and need <= high - low < np.inf:
            low, high = self._whole_ends(one)
        ranges.low[one], ranges.high[one], ranges.is_exact[one] = low, high, True

    def _is_open_nearby(self, one: int) -> bool:
        need, first, ranges = self._block.need[one], self._parts.first[one], self._ranges
        if np.isnan(first):
            return False
        for is_up in (True, False):
            already = first - ranges.low[one] if is_up else ranges.high[one] - first
            found = self._nearby.moving_one(one, is_up, need - already)
            self._block.programs += 1
            if found is not None:
                ranges.note(self._parts.whole(found))
            if ranges.is_wide(one, need):
                return True
        return False

    def _ends(self, one: int) -> tuple[float, float, bool]:
        """The smallest and largest value, and whether whole tables have them: fractions may go further."""
        ends, is_whole = [], True
        for direction in (1.0, -1.0):
            found = self._programs.least_of(one, direction)
            self._block.programs += 1
            if found is None:
                ends.append(-direction * np.inf)
                continue
            inwards = np.ceil if direction > 0 else np.floor
            ends.append(float(inwards(found[one] - direction * TOLERANCE)))
            table = self._parts.whole(found)
            is_whole &= bool(table[one] == ends[-1])
            self._ranges.note(table)
        return ends[0], ends[1], is_whole

    def _whole_ends(self, one: int) -> tuple[float, float]:
        """The same among whole tables; what was seen so far where they cannot be found in seconds."""
        seen = float(self._ranges.low[one]), float(self._ranges.high[one])
        ends = []
        for direction, end in zip((1.0, -1.0), seen, strict=True):
            found = self._programs.least_whole_of(one, direction)
            self._block.programs += 1
            ends.append(end if found is None else float(np.round(found[one])))
        return ends[0], ends[1]
