"""Tables that fit what is published, found by linear programs: what moves from the true numbers, and how far.

A table differs from the true one in the cells that move, satisfies every sum and every bound, and is what
an attacker cannot rule out (controlled tabular adjustment in the manner of Fischetti and Salazar, 2001,
turned round). Solved by HiGHS. What moves least in sum moves along few cells, so nearly every solution is of
whole numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from publishing.disclosure.reduction import Reduced
from publishing.disclosure.system import Flags, Numbers

Values = np.ndarray[Any, np.dtype[np.float64]]
WHOLE = 1e-6  # how far from a whole number a solution may be, to be taken for it
WHOLE_SECONDS, WHOLE_GAP = 20.0, 0.2  # of integer programs, which are tried where nothing else is left
DUAL = 1  # HiGHS's number of the simplex that goes on from a solution when bounds change


def reach_of(need: int) -> int:
    """How far a table may move a number whose width must be `need`."""
    return max(12, 2 * need)


def farthest_of(need: int) -> int:
    """How far one may, where that is too little; what differs by more than twice as much cannot bind."""
    return max(30, 5 * need)


class Moves:
    """Moves of `cells` of a system, each at a price per child; all others stand still.

    step: where moves of one child each are not to be had in whole numbers, ones of several at a time may be.
    reach: how far a number may move at most, usually `reach_of` the largest need.
    """

    def __init__(
        self,
        system: Reduced,
        cells: Numbers,
        price: Values,
        *,
        step: int = 1,
        reach: int | None = None,
        is_warm: bool = False,
    ) -> None:
        import highspy
        from scipy.sparse import hstack

        sums = system.sums[:, cells].tocsr()
        rows = np.flatnonzero(np.diff(sums.indptr))
        self.cells, self.sums, self._step = cells, sums[rows], step
        reach = reach or reach_of(int(system.need.max(initial=0)))
        self.down = np.minimum(-system.low[cells], reach)
        self.up = np.minimum(system.high[cells], reach)
        matrix = hstack([self.sums, -self.sums]).tocsc()
        self._cost = np.concatenate([price, price]).astype(float)
        self._most = np.concatenate([self.up, self.down]) // step * 1.0
        self._columns = np.arange(2 * len(cells), dtype=np.int32)
        self._optimal = highspy.HighsModelStatus.kOptimal
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = matrix.shape
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = self._cost, np.zeros(matrix.shape[1]), self._most
        lp.row_lower_, lp.row_upper_ = -(-system.least[rows] // step) * 1.0, system.most[rows] // step * 1.0
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
        lp.a_matrix_.value_ = matrix.data.astype(np.float64)
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        if is_warm:
            self._solver.setOptionValue("presolve", "off")
            self._solver.setOptionValue("simplex_strategy", DUAL)
        self._solver.passModel(lp)

    def towards(self, places: Numbers, up: Flags, far: Numbers, gain: float) -> Values | None:
        """Moves with as many of `cells[places]` as can `far` up, or else down: `gain` for each child."""
        cost, most = self._cost.copy(), self._most.copy()
        n = len(self.cells)
        there, back = np.where(up, places, places + n), np.where(up, places + n, places)
        cost[there], most[back] = -gain, 0
        most[there] = np.minimum(most[there], far // self._step)
        self._solver.changeColsCost(len(cost), self._columns, cost)
        self._solver.changeColsBounds(len(cost), self._columns, np.zeros(len(cost)), most)
        return self._run()

    def by(self, place: int, move: int) -> Values | None:
        """The cheapest moves with `cells[place]` moving `move` or a little more; None if there are none."""
        n = len(self.cells)
        there, back = (place, place + n) if move > 0 else (place + n, place)
        far = float(-(-abs(move) // self._step))
        if far > self._most[there]:
            return None
        self._solver.changeColBounds(there, far, far)
        self._solver.changeColBounds(back, 0.0, 0.0)
        try:
            return self._run()
        finally:
            self._solver.changeColBounds(there, 0.0, self._most[there])
            self._solver.changeColBounds(back, 0.0, self._most[back])

    def whole_by(self, place: int, move: int) -> Numbers | None:
        """The same in whole numbers alone, by an integer program; None if none was found in seconds."""
        import highspy

        n = len(self.cells)
        there, back = (place, place + n) if move > 0 else (place + n, place)
        model = self._solver.getLp()
        model.integrality_ = [highspy.HighsVarType.kInteger] * (2 * n)
        solver = highspy.Highs()  # a new one: HiGHS adds up the seconds of all its runs
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("time_limit", WHOLE_SECONDS),
            ("mip_rel_gap", WHOLE_GAP),
        ):
            solver.setOptionValue(name, value)
        solver.passModel(model)
        solver.changeColBounds(there, float(abs(move)), float(abs(move)))
        solver.changeColBounds(back, 0.0, 0.0)
        solver.run()
        if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        solution = np.rint(np.asarray(solver.getSolution().col_value)).astype(np.int64)
        moves: Numbers = solution[:n] - solution[n:]
        return moves

    def farthest(self, place: int, far: int) -> tuple[int, int]:
        """How far `cells[place]` may move up and down, at most `far`, where no move has a price.

        These are bounds of linear programs: tables of whole numbers may not get as far.
        """
        n = len(self.cells)
        return self._farthest(place, place + n, far), self._farthest(place + n, place, far)

    def set_price(self, places: Numbers, price: float) -> None:
        """From now on moving `cells[places]` costs so much."""
        for column in [*places.tolist(), *(places + len(self.cells)).tolist()]:
            self._cost[column] = price
            self._solver.changeColCost(column, price)

    def whole(self, moves: Values, place: int | None = None) -> Numbers:
        """Those parts of `moves`, or the one with `place`, that are of whole numbers; parts share no sum."""
        from scipy.sparse import block_array, csr_array
        from scipy.sparse.csgraph import connected_components

        moving = np.flatnonzero(np.abs(moves) > WHOLE)
        sums = self.sums[:, moving].tocsr()
        sums = sums[np.flatnonzero(np.diff(sums.indptr))]
        m, n = sums.shape
        graph = block_array([[csr_array((m, m)), abs(sums)], [None, csr_array((n, n))]])
        n_parts, part = connected_components(graph, directed=False)
        part = part[m:]
        is_wrong = np.zeros(n_parts, dtype=bool)
        is_wrong[part[np.abs(moves[moving] - np.rint(moves[moving])) > WHOLE]] = True
        kept = ~is_wrong[part]
        if place is not None:
            kept &= part == part[np.searchsorted(moving, place)] if moves[place] else False
        table = np.zeros(len(moves), dtype=np.int64)
        table[moving[kept]] = np.rint(moves[moving[kept]])
        return table

    def _farthest(self, there: int, back: int, far: int) -> int:
        self._solver.changeColCost(there, -1.0)
        self._solver.changeColBounds(there, 0.0, min(self._most[there], far // self._step))
        self._solver.changeColBounds(back, 0.0, 0.0)
        try:
            moves = self._run()
            return 0 if moves is None else int(abs(moves[there % len(self.cells)]) + WHOLE)
        finally:
            self._solver.changeColCost(there, self._cost[there])
            self._solver.changeColBounds(there, 0.0, self._most[there])
            self._solver.changeColBounds(back, 0.0, self._most[back])

    def _run(self) -> Values | None:
        self._solver.run()
        if self._solver.getModelStatus() != self._optimal:
            return None
        solution = np.asarray(self._solver.getSolution().col_value)
        moves: Values = (solution[: len(self.cells)] - solution[len(self.cells) :]) * self._step
        return moves
