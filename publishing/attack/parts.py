"""Whole tables out of solutions in fractions: a solution is taken apart into moves that share no sum.

What moves from a whole table falls into parts, and those of whole numbers make a whole table by themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TOLERANCE = 1e-6


def connected(matrix: Any) -> np.ndarray:
    """The number of the block of each column, then of each row: what hangs together is one block."""
    from scipy.sparse import block_array
    from scipy.sparse.csgraph import connected_components

    m, n = matrix.shape
    if not m:
        return np.arange(n)
    graph = block_array([[None, matrix.T], [matrix, None]])
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


class Parts:
    """`first`: per unknown its number in a first whole table, nan in blocks that none was found of yet."""

    def __init__(self, matrix: Any, blocks: np.ndarray, first: np.ndarray | None = None) -> None:
        self._columns, self._blocks = matrix.tocsc(), blocks
        self.first = np.full(len(blocks), np.nan) if first is None else first

    def begin(self, values: np.ndarray) -> None:
        """Blocks without a first table take it from a solution that is whole there."""
        broken = np.unique(self._blocks[~is_whole(values)])
        begins = np.isnan(self.first) & ~np.isin(self._blocks, broken)
        self.first[begins] = np.round(values[begins])

    def whole(self, values: np.ndarray) -> np.ndarray:
        """The whole table in a solution; nan in blocks without a first one."""
        self.begin(values)
        table = self.first.copy()
        moving = np.flatnonzero(np.abs(values - self.first) > TOLERANCE)
        sums = self._columns[:, moving].tocsr()
        sums = sums[np.flatnonzero(np.diff(sums.indptr))]
        part = connected(sums)[: len(moving)]
        is_broken = np.zeros(int(part.max(initial=-1)) + 1, bool)
        is_broken[part[~is_whole(values[moving])]] = True
        kept = ~is_broken[part]
        moves = np.where(kept, np.round(values[moving]) - table[moving], 0.0)
        if not (sums @ moves).any():  # believed only because it adds up
            table[moving] += moves
        return table


def is_whole(values: np.ndarray) -> np.ndarray:
    whole: np.ndarray = np.abs(values - np.round(values)) < TOLERANCE
    return whole
