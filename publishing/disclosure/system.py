"""One system of cells and the sums that bind them, as arrays; and what is left open of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
UNBOUNDED = 1_000_000_000


@dataclass(frozen=True)
class System:
    """`n` cells and `m` sums over them; every array has one entry per cell.

    value: the true number. low, high: what an attacker knows of it beforehand. need: how many children wide
    it must stay open, largest less smallest; 0 for a cell that need not. never_shown: what no plan
    publishes, such as children of an unknown subgroup. hidden: what is hidden to begin with; never_shown
    cells are. order: cells with smaller numbers are shown first. price: what hiding a cell costs beside
    others. same: cells of one number are known to be equal. wide_low, wide_high: what an attacker would
    know if the cell showed nothing at all (of a band, more than low and high). sums: m x n of 1, -1 and 0;
    each row times `value` is 0.
    """

    value: Numbers
    low: Numbers
    high: Numbers
    need: Numbers
    never_shown: Flags
    hidden: Flags
    order: Numbers
    price: np.ndarray[Any, np.dtype[np.float64]]
    same: Numbers
    wide_low: Numbers
    wide_high: Numbers
    sums: csr_array

    @property
    def size(self) -> int:
        return len(self.value)

    def digest(self) -> bytes:
        """The same for the same system."""
        arrays = [getattr(self, one.name) for one in fields(self) if one.name != "sums"]
        found = hashlib.blake2b(digest_size=16)
        for array in (*arrays, self.sums.indptr, self.sums.indices, self.sums.data):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.digest()


@dataclass
class Openness:
    """What the tables found so far prove: how far each cell may be off, down and up, and the tables.

    A table is what it differs from the true one by.
    """

    least: Numbers
    most: Numbers
    tables: list[Numbers] = field(default_factory=list)

    @classmethod
    def of(cls, size: int) -> Openness:
        return cls(np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64))

    def width(self) -> Numbers:
        return self.most - self.least

    def add(self, cells: Numbers, difference: Numbers) -> bool:
        """Keep a table that differs at `cells`; False if it tells nothing."""
        widens = (difference > self.most[cells]) | (difference < self.least[cells])
        if not widens.any():
            return False
        self.most[cells] = np.maximum(self.most[cells], difference)
        self.least[cells] = np.minimum(self.least[cells], difference)
        table = np.zeros(len(self.most), dtype=np.int64)
        table[cells] = difference
        self.tables.append(table)
        return True


def sums_of(
    rows: Sequence[int] | Numbers,
    cells: Sequence[int] | Numbers,
    signs: Sequence[int] | Numbers,
    m: int,
    n: int,
) -> csr_array:
    """The matrix of `m` sums over `n` cells from its entries."""
    from scipy.sparse import csr_array

    return csr_array((np.asarray(signs, dtype=np.int64), (rows, cells)), shape=(m, n))
