"""One linear program solved again for other costs, each time from where the last one ended (HiGHS)."""

from __future__ import annotations

from typing import Any

import numpy as np

WHOLE_SECONDS = 20.0
# HiGHS's numbers of its methods: the last two go on from a solution when bounds and when costs change
CHOOSE, DUAL, PRIMAL = 0, 1, 4


class Contradiction(Exception):
    """No numbers fulfil all sums: what was taken as known is not so, or a published number is wrong."""


class Unsolved(Exception):
    """HiGHS gave up: nothing is known of the numbers, which is never to be taken for a proof."""


class Programs:
    """`matrix` @ v = `known`, `low` <= v <= `high`; costs and bounds may change between solutions."""

    def __init__(self, matrix: Any, known: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        import highspy

        self.size = len(low)
        self._columns = np.arange(len(low), dtype=np.int32)
        self._status = highspy.HighsModelStatus
        self._model = _model(highspy, matrix, known, low, high)
        self._whole = [highspy.HighsVarType.kInteger] * len(low)
        self._solver = _solver(highspy, self._model)
        self._make_solver = lambda model: _solver(highspy, model)
        self._method = CHOOSE

    def bound(self, low: np.ndarray, high: np.ndarray) -> None:
        """Other bounds from now on."""
        self._solver.changeColsBounds(len(low), self._columns, low, high)
        self._begin_with(DUAL)

    def hold(self, column: int, low: float, high: float) -> None:
        """Other bounds of one from now on."""
        self._solver.changeColBounds(column, low, high)
        self._begin_with(DUAL)

    def cost(self, cost: np.ndarray) -> None:
        """Other costs from now on."""
        self._solver.changeColsCost(len(cost), self._columns, cost)

    def solved(self) -> np.ndarray | None:
        """Values of least cost; None where it has no end. Raises Contradiction."""
        return self._run(self._solver)

    def least(self, cost: np.ndarray) -> np.ndarray | None:
        """The same for other costs."""
        self.cost(cost)
        return self.solved()

    def least_of(self, one: int, direction: float) -> np.ndarray | None:
        """Values with the smallest (`direction` 1) or largest (-1) of one unknown; None if it has no end."""
        return self.least(self._cost_of(one, direction))

    def least_whole_of(self, one: int, direction: float) -> np.ndarray | None:
        """The same in whole numbers alone; None where none was found in seconds. Raises Contradiction."""
        return self.least_whole(self._cost_of(one, direction))

    def least_whole(self, cost: np.ndarray, seconds: float = WHOLE_SECONDS) -> np.ndarray | None:
        """Whole values of least cost; None where none were found in seconds. Raises Contradiction."""
        self._model.integrality_ = self._whole
        solver = self._make_solver(self._model)  # a new one: HiGHS adds up the seconds of all its runs
        solver.setOptionValue("time_limit", seconds)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.changeColsCost(len(cost), self._columns, cost)
        solver.run()
        status = solver.getModelStatus()
        if status == self._status.kInfeasible:
            raise Contradiction
        return np.array(solver.getSolution().col_value) if status == self._status.kOptimal else None

    def _cost_of(self, one: int, direction: float) -> np.ndarray:
        cost = np.zeros(len(self._columns))
        cost[one] = direction
        return cost

    def _begin_with(self, method: int) -> None:
        if method != self._method:
            self._solver.setOptionValue("simplex_strategy", method)
            self._method = method

    def _run(self, solver: Any) -> np.ndarray | None:
        solver.run()
        status = solver.getModelStatus()
        if status == self._status.kUnknown:  # lost on the way from the last solution: from the start
            solver.clearSolver()
            solver.run()
            status = solver.getModelStatus()
        self._begin_with(PRIMAL)
        if status == self._status.kOptimal:
            return np.array(solver.getSolution().col_value)
        if status == self._status.kUnbounded:
            return None
        if status == self._status.kInfeasible:
            raise Contradiction
        if status == self._status.kUnboundedOrInfeasible:
            self._settle(solver)
            return None
        raise Unsolved(str(status))

    def _settle(self, solver: Any) -> None:
        """Presolve found no end or no solution: without it HiGHS says which. Raises Contradiction."""
        solver.setOptionValue("presolve", "off")
        solver.run()
        status = solver.getModelStatus()
        solver.setOptionValue("presolve", "choose")
        if status == self._status.kInfeasible:
            raise Contradiction
        if status != self._status.kUnbounded:
            raise Unsolved(str(status))


def _model(highspy: Any, matrix: Any, known: np.ndarray, low: np.ndarray, high: np.ndarray) -> Any:
    columns = matrix.tocsc()
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(low), len(known)
    model.col_cost_ = np.zeros(len(low))
    model.col_lower_, model.col_upper_ = low, high
    model.row_lower_ = model.row_upper_ = known
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = columns.indptr
    model.a_matrix_.index_ = columns.indices
    model.a_matrix_.value_ = columns.data
    return model


def _solver(highspy: Any, model: Any) -> Any:
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("log_to_console", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    return solver
