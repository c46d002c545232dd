"""Linear programs over one matrix, solved again and again from the last basis: a thin face of HiGHS."""

from __future__ import annotations

from typing import Any

import numpy as np

Values = np.ndarray[Any, np.dtype[np.float64]]
SECONDS = 20.0  # of one integer program


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
        self._solver.setOptionValue("time_limit", SECONDS)
        self._solver.passModel(lp)
        self._all = np.arange(lp.num_col_, dtype=np.int32)
        self._optimal = highspy.HighsModelStatus.kOptimal
        self._integer = highspy.HighsVarType.kInteger

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

    def bound(self, column: int, low: float, high: float) -> None:
        self._solver.changeColBounds(column, low, high)

    def only_integers(self) -> None:
        """From now on x has to be whole."""
        self._solver.changeColsIntegrality(len(self._all), self._all, np.full(len(self._all), self._integer))

    def _run(self) -> Values | None:
        self._solver.run()
        if self._solver.getModelStatus() != self._optimal:
            return None
        return np.asarray(self._solver.getSolution().col_value)
