"""Where hiding was not enough: the cheapest cells to hide besides, by a priced linear program."""

from __future__ import annotations

import numpy as np

from publishing.disclosure.certificates import farthest_of
from publishing.disclosure.linear_program import Program
from publishing.disclosure.system import Flags, Numbers, Openness, System

HIDDEN_PRICE = 1e-3
SMALLEST = 1e-6  # a number that moves by less does not move


def cells_to_hide(system: System, hidden: Flags, failing: Numbers, open_: Openness) -> Numbers:
    """Cells of which, hidden as well, a table moves the failing ones far enough; empty where there is none.

    Every cell of the tables with a failing one may move at its price, others only if hidden already.
    """
    chosen: list[Numbers] = []
    lacking = system.need[failing] - (open_.most[failing] - open_.least[failing])
    room_up = system.high[failing] - system.value[failing] - open_.most[failing]
    room_down = system.value[failing] + open_.least[failing] - system.low[failing]
    up = np.where(room_up >= lacking, lacking, np.maximum(room_up, 0))
    down = lacking - up
    for direction, far in ((1, up), (-1, np.minimum(down, room_down))):
        moved = far > 0
        if moved.any():
            ends = open_.most if direction > 0 else -open_.least
            found = _moving(system, hidden, failing[moved], direction, ends[failing[moved]] + far[moved])
            if found is None:
                return np.empty(0, dtype=np.int64)
            chosen.append(found)
    return np.unique(np.concatenate(chosen)) if chosen else np.empty(0, dtype=np.int64)


def _moving(
    system: System, hidden: Flags, failing: Numbers, direction: int, far: Numbers
) -> Numbers | None:
    """The cells that move in the cheapest table in which each failing cell is `far` from its true number."""
    from scipy.sparse import csr_array, hstack

    blocks = np.unique(system.block[failing])
    cells = np.flatnonzero(hidden | np.isin(system.block, blocks))
    sums = system.sums[:, cells].tocsr()
    sums = sums[np.flatnonzero(np.diff(sums.indptr))]
    reach = max(farthest_of(system), int(far.max()))
    # a band that gives way shows nothing, so that its number may be anything of the group
    low = np.maximum(system.wide_low[cells] - system.value[cells], -reach).astype(float)
    high = np.minimum(system.wide_high[cells] - system.value[cells], reach).astype(float)
    price = np.where(hidden[cells], HIDDEN_PRICE, system.price[cells])
    # x = up - down, each of them at least 0, so that the price is one of |x|
    matrix = hstack([sums, csr_array(-sums)])
    n, m = len(cells), sums.shape[0]
    column = np.searchsorted(cells, failing)
    up_low, down_low = np.zeros(n), np.zeros(n)
    up_high, down_high = np.maximum(high, 0), np.maximum(-low, 0)
    if direction > 0:
        up_low[column], up_high[column], down_high[column] = far, np.maximum(up_high[column], far), 0
    else:
        down_low[column], down_high[column], up_high[column] = far, np.maximum(down_high[column], far), 0
    program = Program(
        matrix,
        np.zeros(m),
        np.zeros(m),
        np.concatenate([up_low, down_low]),
        np.concatenate([up_high, down_high]),
    )
    costs = -np.concatenate([price, price])
    solution = program.solve(costs)
    if solution is None:
        return None
    moving = np.abs(solution[:n] - solution[n:]) > SMALLEST
    if hidden[cells[moving]].all():
        # a table with halves would do, and none of whole numbers does: those are asked for
        program.only_integers()
        solution = program.solve(costs)
        if solution is None:
            return None
        moving = np.abs(solution[:n] - solution[n:]) > SMALLEST
    return cells[moving]
