"""Proof for tables that count nearly the same children: one that moves the same cell of all of them alike.

Populations and versions of a school year are bound to each other by what the one has beyond the other. Where the
numbers of one place and subgroup move by as much in each of them, these differences stay as they are, and the
many tables are searched as if they were one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from publishing.disclosure.certificates import Search
from publishing.disclosure.system import Flags, Numbers, Openness, System


def certify_in_unison(system: System, hidden: Flags, open_: Openness) -> None:
    """Add to `open_` the tables found by moving alike what is bound to each other; the rest is left as it was."""
    from scipy.sparse import csr_array

    binding = _binding(system)
    if not binding.any():
        return
    cells = np.flatnonzero(hidden & ~system.between)
    low, high = _bounds(system, hidden, binding)
    group = _groups(system, hidden, binding)[cells]
    _, group = np.unique(group, return_inverse=True)
    n = int(group.max(initial=-1)) + 1
    gather = csr_array((np.ones(len(cells), dtype=np.int64), (np.arange(len(cells)), group)), shape=(len(cells), n))
    sums = (system.sums[~binding][:, cells] @ gather).tocsr()
    # a group's numbers are its moves: each begins at 0
    down, up = np.full(n, -system_reach(system)), np.full(n, system_reach(system))
    np.maximum.at(down, group, low[cells] - system.value[cells])
    np.minimum.at(up, group, high[cells] - system.value[cells])
    need = np.zeros(n, dtype=np.int64)
    lacking = np.maximum(system.need - open_.width(), 0)
    np.maximum.at(need, group, np.where(lacking[cells] > 0, system.need[cells], 0))
    first = np.zeros(n, dtype=np.int64)
    first[group[::-1]] = cells[::-1]
    alike = replace(
        system,
        value=np.zeros(n, dtype=np.int64), low=down, high=up, need=need,
        never_shown=system.never_shown[first], between=np.zeros(n, dtype=bool), hidden=np.ones(n, dtype=bool),
        order=system.order[first], price=system.price[first], twins=np.full(n, -1, dtype=np.int64),
        block=np.zeros(n, dtype=np.int64), wide_low=down, wide_high=up, sums=sums,
    )  # fmt: skip
    found = Openness.of(n)
    Search(alike, np.ones(n, dtype=bool)).certify(found)
    everything = np.arange(system.size)
    for table in found.tables:
        open_.add(everything, _spread(system, binding, cells, table[group]))


def system_reach(system: System) -> int:
    """How far a number may move, as `Search` has it."""
    from publishing.disclosure.certificates import farthest_of

    return farthest_of(system)


def _binding(system: System) -> Flags:
    """Which sums bind a cell of one table to that of another: those with a difference, or of two equal cells."""
    between = (abs(system.sums) @ system.between.astype(np.int64)) > 0
    sums = system.sums.tocsr()
    n_cells = np.diff(sums.indptr)
    pairs = np.flatnonzero(n_cells == 2)
    one, other = sums.indices[sums.indptr[pairs]], sums.indices[sums.indptr[pairs] + 1]
    equal = np.zeros(len(n_cells), dtype=bool)
    equal[pairs] = system.block[one] != system.block[other]
    flags: Flags = between | equal
    return flags


def _sides(system: System, binding: Flags) -> tuple[Numbers, Numbers]:
    """Of each binding sum the cell that has more children, and the one that is part of it."""
    sums = system.sums[binding][:, :].tocoo()
    sides = ~system.between[sums.col]
    row, col, sign = sums.row[sides], sums.col[sides], sums.data[sides]
    m = int(binding.sum())
    outer, inner = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    outer[row[sign > 0]], inner[row[sign < 0]] = col[sign > 0], col[sign < 0]
    return outer, inner


def _bounds(system: System, hidden: Flags, binding: Flags) -> tuple[Numbers, Numbers]:
    """What is known of each cell by those that are shown and have more, or fewer, of the same children."""
    outer, inner = _sides(system, binding)
    low, high = system.low.copy(), system.high.copy()
    is_inner_shown, is_outer_shown = ~hidden[inner], ~hidden[outer]
    np.maximum.at(low, outer[is_inner_shown], system.value[inner[is_inner_shown]])
    np.minimum.at(high, inner[is_outer_shown], system.value[outer[is_outer_shown]])
    return low, high


def _groups(system: System, hidden: Flags, binding: Flags) -> Any:
    """Per cell a number that it shares with the hidden cells it is bound to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    outer, inner = _sides(system, binding)
    both = hidden[outer] & hidden[inner]
    graph = coo_array(
        (np.ones(int(both.sum())), (outer[both], inner[both])), shape=(system.size, system.size)
    )
    return connected_components(graph, directed=False)[1]


def _spread(system: System, binding: Flags, cells: Numbers, moves: Numbers) -> Numbers:
    """A table of all cells from the moves of the groups; differences take up what only one side moves."""
    table = np.zeros(system.size, dtype=np.int64)
    table[cells] = moves
    sums = system.sums[binding].tocoo()
    between = system.between[sums.col]
    # outer - inner - difference = 0
    table[sums.col[between]] = (system.sums[binding] @ table)[sums.row[between]]
    return table
