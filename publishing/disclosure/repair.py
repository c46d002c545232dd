"""Where hiding was not enough: the cheapest cells to hide besides, by a priced linear program."""

from __future__ import annotations

import numpy as np

from publishing.disclosure.certificates import farthest_of
from publishing.disclosure.linear_program import Program
from publishing.disclosure.system import UNBOUNDED, Flags, Numbers, Openness, System

HIDDEN_PRICE = 1e-3
GAIN = 1e4  # of a protected number that moves by one: more than any cells that must move with it cost
SMALLEST = 1e-6  # a number that moves by less does not move


def cells_to_hide(
    system: System, hidden: Flags, failing: Numbers, open_: Openness, attempt: int
) -> tuple[Numbers, Numbers]:
    """Cells of which, hidden as well, tables move failing ones far enough; and the bands that must give way
    for it.

    Every cell of the tables with a failing one may move at its price, others only if hidden already. Not
    every failing cell needs to move in the same table: what is left fails again, and is looked at again.
    """
    for low, high in ((system.low, system.high), (system.wide_low, system.wide_high)):
        direction, far = _aims(system, low, high, failing, open_, attempt)
        cells, moves = _moving(system, low, high, hidden, failing, direction, far)
        reached = system.value[cells] + moves
        beyond = cells[(reached < system.low[cells] - SMALLEST) | (reached > system.high[cells] + SMALLEST)]
        # bands give way only where hiding shown numbers would not do
        if len(cells) and not hidden[cells].all():
            break
    return cells, beyond


def _aims(
    system: System, low: Numbers, high: Numbers, failing: Numbers, open_: Openness, attempt: int
) -> tuple[Numbers, Numbers]:
    """Which way each failing cell is to move (1 or -1), and how far."""
    lacking = system.need[failing] - (open_.most[failing] - open_.least[failing])
    room_up = high[failing] - system.value[failing] - open_.most[failing]
    room_down = system.value[failing] + open_.least[failing] - low[failing]
    up = room_up >= lacking
    both = up & (room_down >= lacking)
    up[both] = np.random.default_rng(attempt).random(int(both.sum())) < 0.5
    ends = np.where(up, open_.most[failing], -open_.least[failing])
    return np.where(up, 1, -1), ends + np.minimum(lacking, np.where(up, room_up, room_down))


def _moving(
    system: System,
    least: Numbers,
    most: Numbers,
    hidden: Flags,
    failing: Numbers,
    direction: Numbers,
    far: Numbers,
) -> tuple[Numbers, np.ndarray]:
    """What moves, and by how much, in the cheapest table where failing cells come as near `far` as can be."""
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    blocks = np.unique(system.block[failing])
    cells = np.flatnonzero(hidden | np.isin(system.block, blocks))
    sums = system.sums[:, cells].tocsr()
    sums = sums[np.flatnonzero(np.diff(sums.indptr))]
    reach = max(farthest_of(system), int(far.max()))
    low = np.maximum(least[cells] - system.value[cells], -reach).astype(float)
    high = np.minimum(most[cells] - system.value[cells], reach).astype(float)
    price = np.where(hidden[cells], HIDDEN_PRICE, system.price[cells])
    n, m, k = len(cells), sums.shape[0], len(failing)
    # x = rise - fall, each of them at least 0, so that the price is one of |x|; come <= x in its direction
    signed = csr_array((direction, (np.arange(k), np.searchsorted(cells, failing))), shape=(k, n))
    matrix = vstack([hstack([sums, -sums, csr_array((m, k))]), hstack([-signed, signed, eye_array(k)])])
    program = Program(
        matrix,
        np.concatenate([np.zeros(m), np.full(k, -np.inf)]),
        np.zeros(m + k),
        np.concatenate([np.zeros(2 * n), np.full(k, -float(UNBOUNDED))]),
        np.concatenate([high, -low, far.astype(float)]),
    )
    costs = np.concatenate([-price, -price, np.full(k, GAIN)])
    moves = _moves(program, costs, n)
    if hidden[cells[np.abs(moves) > SMALLEST]].all():
        # tables with halves would do, and none of whole numbers does: those are asked for
        program.ask_for_integers(2 * n)
        moves = _moves(program, costs, n)
    moving = np.abs(moves) > SMALLEST
    return cells[moving], moves[moving]


def _moves(program: Program, costs: np.ndarray, n: int) -> np.ndarray:
    solution = program.solve(costs)
    return np.zeros(n) if solution is None else solution[:n] - solution[n : 2 * n]
