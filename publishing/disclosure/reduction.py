"""A system made smaller for the search: equal numbers are one, and what is beyond a sum is room in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from publishing.disclosure.system import Flags, Numbers, System

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Reduced:
    """A system told as moves from the true numbers; n groups of equal cells, m sums of them.

    low, high: how far a group may move; wide_low, wide_high: if its bands gave way. need, never_shown,
    hidden, order and price as of a `System`. A table of moves fits where least <= sums @ moves <= most: a
    sum with something beyond it that is not published may move as far as that allows, any other not at all.
    """

    low: Numbers
    high: Numbers
    need: Numbers
    never_shown: Flags
    hidden: Flags
    order: Numbers
    price: np.ndarray[Any, np.dtype[np.float64]]
    wide_low: Numbers
    wide_high: Numbers
    sums: csr_array
    least: Numbers
    most: Numbers

    @property
    def size(self) -> int:
        return len(self.low)

    def packed(self, tables: list[Numbers]) -> list[Numbers]:
        """Fewer tables that prove as much: what moves other cells is one table, given room in all sums."""
        packed = np.zeros((len(tables), self.size), dtype=np.int64)
        moved = np.zeros((len(tables), self.sums.shape[0]), dtype=np.int64)
        n = 0
        for table in tables:
            cells = np.flatnonzero(table)
            moves = self.sums @ table
            sums = np.flatnonzero(moves)
            both = moved[:n, sums] + moves[sums]
            fits = ~packed[:n, cells].any(axis=1)
            fits &= ((self.least[sums] <= both) & (both <= self.most[sums])).all(axis=1)
            at = int(np.argmax(fits)) if fits.any() else n
            packed[at, cells], n = table[cells], max(n, at + 1)
            moved[at, sums] += moves[sums]
        return list(packed[:n])

    def with_bands_given_up(self, gave_way: Flags) -> Reduced:
        """The same where the groups that `gave_way` show nothing."""
        return replace(
            self,
            low=np.where(gave_way, self.wide_low, self.low),
            high=np.where(gave_way, self.wide_high, self.high),
        )


@dataclass(frozen=True)
class Reduction:
    """group: of each cell of `whole` its group in `reduced`; -1 for what is beyond a sum, with no need."""

    whole: System
    reduced: Reduced
    group: Numbers

    def spread(self, of_groups: Any) -> Any:
        """Per cell of `whole` what there is per group; 0 or False for what is beyond a sum."""
        return np.where(self.group >= 0, of_groups[self.group], np.zeros_like(of_groups[:1]))

    def table(self, moves: Numbers) -> Numbers:
        """A table of `whole` from the moves of groups: what is beyond a sum takes up what that moves by."""
        table: Numbers = self.spread(moves)
        entries = self.whole.sums.tocoo()
        beyond = self.group[entries.col] < 0
        rows, cells, signs = entries.row[beyond], entries.col[beyond], entries.data[beyond]
        table[cells] = -signs * (self.whole.sums @ table)[rows]
        return table


def reduction_of(whole: System) -> Reduction:
    """The system of groups: hidden if one of their cells is, and as bound as the most bound of them."""
    from scipy.sparse import csr_array

    group = whole.same.copy()
    group[_is_beyond(whole)] = -1
    _, numbered = np.unique(group, return_inverse=True)
    group = (numbered - bool((group < 0).any())).astype(np.int64)
    cells = np.flatnonzero(group >= 0)
    of = group[cells]
    n = int(of.max(initial=-1)) + 1
    first = np.zeros(n, dtype=np.int64)
    first[of[::-1]] = cells[::-1]

    def gathered(values: Any, ufunc: Any) -> Any:
        result = values[first]
        ufunc.at(result, of, values[cells])
        return result

    gather = csr_array((np.ones(len(cells), dtype=np.int64), (cells, of)), shape=(whole.size, n))
    least, most = _room_beyond(whole, group < 0)
    sums, least, most = _distinct(whole.sums @ gather, least, most)
    reduced = Reduced(
        low=gathered(whole.low - whole.value, np.maximum),
        high=gathered(whole.high - whole.value, np.minimum),
        need=gathered(whole.need, np.maximum),
        never_shown=gathered(whole.never_shown, np.logical_and),
        hidden=gathered(whole.hidden, np.logical_or),
        order=gathered(whole.order, np.minimum),
        price=gathered(whole.price, np.maximum),
        wide_low=gathered(whole.wide_low - whole.value, np.maximum),
        wide_high=gathered(whole.wide_high - whole.value, np.minimum),
        sums=sums,
        least=least,
        most=most,
    )
    return Reduction(whole, reduced, group)


def _is_beyond(whole: System) -> Flags:
    """What is never shown, needs no proof and is in one sum: it only says how far the others may move."""
    n_sums = np.bincount(whole.sums.tocoo().col, minlength=whole.size)
    beyond: Flags = whole.never_shown & (whole.need == 0) & (n_sums == 1)
    return beyond


def _room_beyond(whole: System, beyond: Flags) -> tuple[Numbers, Numbers]:
    """Per sum how far what is beyond it lets the others move down and up; 0 where there is nothing beyond."""
    least, most = (np.zeros(whole.sums.shape[0], dtype=np.int64) for _ in range(2))
    entries = whole.sums.tocoo()
    of = beyond[entries.col]
    rows, cells, signs = entries.row[of], entries.col[of], entries.data[of]
    down, up = (whole.low - whole.value)[cells], (whole.high - whole.value)[cells]
    np.add.at(least, rows, np.where(signs < 0, down, -up))
    np.add.at(most, rows, np.where(signs < 0, up, -down))
    return least, most


def _distinct(sums: Any, least: Numbers, most: Numbers) -> tuple[Any, Numbers, Numbers]:
    """The same sums, each once with the least room, without those that say nothing."""
    sums = sums.tocsr()
    sums.sum_duplicates()
    sums.eliminate_zeros()
    seen: dict[bytes, int] = {}
    number = np.full(sums.shape[0], -1, dtype=np.int64)
    ends = zip(sums.indptr[:-1].tolist(), sums.indptr[1:].tolist(), strict=True)
    for row, (start, end) in enumerate(ends):
        if end > start:
            key = sums.indices[start:end].tobytes() + sums.data[start:end].tobytes()
            number[row] = seen.setdefault(key, len(seen))
    says = number >= 0
    limits = np.iinfo(np.int64)
    tight_least, tight_most = np.full(len(seen), limits.min), np.full(len(seen), limits.max)
    np.maximum.at(tight_least, number[says], least[says])
    np.minimum.at(tight_most, number[says], most[says])
    _, rows = np.unique(number[says], return_index=True)
    return sums[np.flatnonzero(says)[rows]], tight_least, tight_most
