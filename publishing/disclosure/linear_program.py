"""Linear programs over one matrix, solved again and again from the last basis: a thin face of HiGHS."""

from __future__ import annotations

from typing import Any

import numpy as np

Values = np.ndarray[Any, np.dtype[np.float64]]
# of an integer program: how far from the best it may stay, and how long it looks; no clock, so the same twice
GAP, NODES = 0.05, 100
FEASIBLE = 2  # HiGHS: kSolutionStatusFeasible


class Program:
    """Maximise costs @ x with row_low <= matrix @ x <= row_high and low <= x <= high."""

    def __init__(self, matrix: Any, row_low: Values, row_high: Values, low: Values, high: Values) -> None:
        import highspy

        columns = matrix.tocsc()
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = columns.shape
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = np.zeros(lp.num_col_)
        lp.col_lower_, lp.col_upper_ = low, high
        lp.row_lower_, lp.row_upper_ = row_low, row_high
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = columns.indptr
        lp.a_matrix_.index_ = columns.indices
        lp.a_matrix_.value_ = columns.data.astype(np.float64)
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        # from one objective to the next the last basis stays feasible: what the primal simplex begins with
        self._solver.setOptionValue("simplex_strategy", 4)
        self._solver.setOptionValue("presolve", "off")
        self._solver.setOptionValue("mip_rel_gap", GAP)
        self._solver.setOptionValue("mip_max_nodes", NODES)
        self._solver.passModel(lp)
        self._all = np.arange(lp.num_col_, dtype=np.int32)
        self._optimal = highspy.HighsModelStatus.kOptimal
        self._stopped = highspy.HighsModelStatus.kSolutionLimit
        self._integer = highspy.HighsVarType.kInteger
        self._continuous = highspy.HighsVarType.kContinuous

    def solve(self, costs: Values) -> Values | None:
        """The best x, or None where there is none."""
        self._solver.changeColsCost(len(self._all), self._all, costs)
        return self._run()

    def solve_for(self, column: int, direction: int) -> Values | None:
        """The x with the largest (1) or smallest (-1) value of one column."""
        self._solver.changeColCost(column, float(direction))
        try:
            return self._run()
        finally:
            self._solver.changeColCost(column, 0.0)

    def ask_for_integers(self, columns: int, asked: bool = True) -> None:
        """From now on the first `columns` of x have to be whole, or need not be any more."""
        kind = self._integer if asked else self._continuous
        self._solver.changeColsIntegrality(columns, self._all[:columns], np.full(columns, kind))

    def _run(self) -> Values | None:
        self._solver.run()
        status = self._solver.getModelStatus()
        has_one = self._solver.getInfo().primal_solution_status == FEASIBLE
        if status != self._optimal and not (status == self._stopped and has_one):
            return None
        return np.asarray(self._solver.getSolution().col_value)
