"""What to hide, chosen by Gaussian elimination: what would make a protected cell derivable.

The differences between the true table and one that fits the same sums are the kernel of the sums. Each cell
is a row over coordinates of that kernel; showing a cell takes its row away from all others. A protected
cell whose row is a multiple of a shown one could be worked out. Modulo a prime, so that there is no rounding.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from publishing.disclosure.reduction import Reduced
from publishing.disclosure.system import Flags

PRIME = 2_147_483_647
Row = dict[int, int]


def chosen_by_elimination(system: Reduced) -> Flags:
    """What is hidden of the system: what was hidden already, and beside it what would give that away."""
    kernel = _Kernel(system)
    hidden = system.hidden | system.never_shown
    for cell in np.argsort(system.order, kind="stable").tolist():
        if not hidden[cell] and not kernel.show(cell):
            hidden[cell] = True
    return hidden


class _Kernel:
    """Rows of cells over coordinates of the kernel; coordinates are cells too."""

    def __init__(self, system: Reduced) -> None:
        self.needing = (system.need > 0).tolist()
        self.rows, self.holders = _reduced(system)

    def show(self, cell: int) -> bool:
        """Take the cell's row from all others; False, and nothing done, where that would give a cell away."""
        row = self.rows[cell]
        if not row:
            return True
        column = min(row, key=lambda c: (len(self.holders[c]), c))
        if any(
            self.needing[other] and other != cell and _are_proportional(row, self.rows[other], column)
            for other in self.holders[column]
        ):
            return False
        inverse = pow(row[column], -1, PRIME)
        for other in list(self.holders[column]):
            if other != cell:
                self._add(other, row, -self.rows[other][column] * inverse % PRIME)
        for c in row:
            self.holders[c].discard(cell)
        self.rows[cell] = {}
        return True

    def _add(self, other: int, row: Row, factor: int) -> None:
        target, holders = self.rows[other], self.holders
        for column, number in row.items():
            total = (target.get(column, 0) + factor * number) % PRIME
            if total:
                if column not in target:
                    holders[column].add(other)
                target[column] = total
            elif column in target:
                del target[column]
                holders[column].discard(other)


def _are_proportional(one: Row, other: Row, column: int) -> bool:
    if len(one) != len(other) or one.keys() != other.keys():
        return False
    a, b = one[column], other[column]
    return all(number * b % PRIME == other[c] * a % PRIME for c, number in one.items())


def _reduced(system: Reduced) -> tuple[list[Row], dict[int, set[int]]]:
    """A basis of the kernel: each sum solved for one of its cells, the one in fewest sums and shown last."""
    # what is beyond a sum takes up whatever it moves by, so only the others tell something
    sums = system.sums[np.flatnonzero((system.least == 0) & (system.most == 0))]
    equations: list[Row] = []
    inside: dict[int, set[int]] = defaultdict(set)
    pointers, indices, data = sums.indptr.tolist(), sums.indices.tolist(), sums.data.tolist()
    for number in range(sums.shape[0]):
        start, end = pointers[number], pointers[number + 1]
        equations.append({c: v % PRIME for c, v in zip(indices[start:end], data[start:end], strict=True)})
        for c in indices[start:end]:
            inside[c].add(number)
    order, never = system.order.tolist(), system.never_shown.tolist()
    solved: dict[int, int] = {}
    waiting = sorted(range(len(equations)), key=lambda e: len(equations[e]))
    for number in waiting:
        equation = equations[number]
        if not equation:
            continue
        cell = min(equation, key=lambda c: (len(inside[c]), not never[c], -order[c], c))
        inverse = pow(equation[cell], -1, PRIME)
        for other in list(inside[cell]):
            if other == number:
                continue
            target = equations[other]
            factor = -target[cell] * inverse % PRIME
            for c, v in equation.items():
                total = (target.get(c, 0) + factor * v) % PRIME
                if total:
                    if c not in target:
                        inside[c].add(other)
                    target[c] = total
                else:
                    target.pop(c, None)
                    inside[c].discard(other)
        solved[cell] = number
    rows: list[Row] = [{} for _ in range(system.size)]
    holders: dict[int, set[int]] = defaultdict(set)
    for cell in range(system.size):
        if cell in solved:
            equation = equations[solved[cell]]
            inverse = pow(equation[cell], -1, PRIME)
            rows[cell] = {c: -v * inverse % PRIME for c, v in equation.items() if c != cell}
        else:
            rows[cell] = {cell: 1}
        for c in rows[cell]:
            holders[c].add(cell)
    return rows, holders
