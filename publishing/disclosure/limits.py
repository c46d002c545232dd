"""How far a number may move in any table that fits what is published: what need not be tried is not."""

from __future__ import annotations

import numpy as np

from publishing.disclosure.moves import Moves, farthest_of
from publishing.disclosure.reduction import Reduced


class Limits:
    """How far cells may move up and down, worked out for those that are asked for."""

    def __init__(self, system: Reduced) -> None:
        self._system = system
        self._moves: Moves | None = None
        self._known: dict[int, tuple[int, int]] = {}

    def known(self, cell: int) -> tuple[int, int]:
        """What is known so far: a cell's own bounds, until somebody asks for more."""
        system = self._system
        return self._known.get(cell, (int(system.high[cell]), int(-system.low[cell])))

    def of(self, cell: int) -> tuple[int, int]:
        """At most as far as the cell needs. Bounds: tables of whole numbers may not get as far."""
        if cell not in self._known:
            system = self._system
            if self._moves is None:
                reach = farthest_of(int(system.need.max()))
                self._moves = Moves(
                    system, np.arange(system.size), np.zeros(system.size), reach=reach, is_warm=True
                )
            self._known[cell] = self._moves.farthest(cell, int(system.need[cell]))
        return self._known[cell]
