"""What an attacker knows of one indicator and year: sums and bounds, and the values that fit them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class System:
    """`matrix` @ v = `known`, `low` <= v <= `high`; `need` is the width asked for of each v, 0 for none."""

    matrix: Any
    known: np.ndarray
    low: np.ndarray
    high: np.ndarray
    need: np.ndarray
    programs: int = field(default=0)  # that were solved so far

    @property
    def size(self) -> int:
        return len(self.low)

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

    @classmethod
    def of(cls, size: int) -> Ranges:
        """Nothing seen yet."""
        return cls(np.full(size, np.inf), np.full(size, -np.inf), np.zeros(size, bool))

    def part(self, variables: np.ndarray) -> Ranges:
        return Ranges(self.low[variables], self.high[variables], self.is_exact[variables])

    def put(self, variables: np.ndarray, part: Ranges) -> None:
        self.low[variables], self.high[variables] = part.low, part.high
        self.is_exact[variables] = part.is_exact

    def note(self, table: np.ndarray) -> None:
        """Widen by a whole table; nan where there is none."""
        self.low, self.high = np.fmin(self.low, table), np.fmax(self.high, table)

    def lacks(self, need: np.ndarray) -> np.ndarray:
        """Unknowns whose range may be wider than was seen, and has to be."""
        lacking: np.ndarray = (need > 0) & ~self.is_exact & ~(self.high - self.low >= need)
        return lacking

    def is_wide(self, one: int, need: float) -> bool:
        return bool(self.high[one] - self.low[one] >= need)
