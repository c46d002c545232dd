"""Tables near a first one, in which as many unknowns as can be are elsewhere and others move little (HiGHS).

What moves little moves along few sums, so nearly all of it is whole numbers, and much fits into one table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from publishing.attack.programs import Contradiction, Programs

if TYPE_CHECKING:
    from publishing.attack.system import System

REACH = 12.0  # how far a number moves at most, if less than twice the width is asked for
GAIN = 200.0  # of an unknown that moves by one, against what has to move with it


class Nearby:
    """Moves from `first`, a whole table; unknowns that it has no number of stand still."""

    def __init__(self, system: System, first: np.ndarray) -> None:
        from scipy.sparse import hstack

        reach = max(REACH, 2 * system.need.max(initial=0))
        m, n = system.matrix.shape
        self._first = first
        self.up = np.nan_to_num(np.minimum(system.high - first, reach))
        self.down = np.nan_to_num(np.minimum(first - system.low, reach))
        self._most = np.concatenate([self.up, self.down])
        matrix = hstack([system.matrix, -system.matrix])
        self._programs = Programs(matrix, np.zeros(m), np.zeros(2 * n), self._most)
        self._is_plain = False  # all at a price, and none held

    def moving(self, ones: np.ndarray, is_up: np.ndarray, far: np.ndarray) -> np.ndarray | None:
        """A table with as many of `ones` as can be `far` from the first; it may be in fractions."""
        there, back = self._columns(ones, is_up)
        cost, most = np.ones(len(self._most)), self._most.copy()
        cost[there], most[back] = -GAIN, 0
        most[there] = np.minimum(most[there], far)
        self._programs.bound(np.zeros(len(most)), most)
        self._is_plain = False
        return self._table(self._programs.least(cost))

    def moving_one(self, one: int, is_up: bool, far: float) -> np.ndarray | None:
        """One in which one is just so far away, and nothing else moves more than it must; faster."""
        if not self._is_plain:
            self._programs.bound(np.zeros(len(self._most)), self._most)
            self._programs.cost(np.ones(len(self._most)))
            self._is_plain = True
        there, back = self._columns(one, is_up)
        if far > self._most[there]:
            return None
        self._programs.hold(there, far, far)
        self._programs.hold(back, 0.0, 0.0)
        try:
            return self._table(self._programs.solved())
        except Contradiction:
            return None
        finally:
            for column in (there, back):
                self._programs.hold(column, 0.0, self._most[column])

    def _columns(self, ones: Any, is_up: Any) -> tuple[Any, Any]:
        """Of each unknown the column that moves it there, and the one that moves it back."""
        n = len(self._first)
        return ones + n * (1 - is_up), ones + n * is_up

    def _table(self, moves: np.ndarray | None) -> np.ndarray | None:
        n = len(self._first)
        return None if moves is None else self._first + moves[:n] - moves[n:]
