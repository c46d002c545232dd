"""Proof that hidden numbers stay open: other tables of whole numbers that fit all that is published.

First tables that move many hidden numbers at once, while nothing else moves; then, for what these leave, the
cheapest table in which each moves, whatever must be hidden for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from publishing.disclosure.limits import Limits
from publishing.disclosure.moves import Moves, farthest_of, reach_of
from publishing.disclosure.reduction import Reduced
from publishing.disclosure.system import Flags, Numbers, Openness

BATCHES, BATCH_SHARE, FEWEST = 500, 0.5, 20
GAIN = 200.0  # of a number that moves by one: more than what has to move with it costs
LITTLE, QUIET = 8, 3  # numbers; so many batches in a row that prove fewer are the last
HIDDEN_PRICE, NEVER_SHOWN_PRICE = 1e-2, 1e-3
# Where a solution has halves or sixths, one of moves by two or six at a time has none.
STEPS = (1, 2, 6)


@dataclass
class Proof:
    """What is hidden of a system, the bands that show nothing any more, and the tables that prove it open."""

    system: Reduced
    hidden: Flags
    gave_way: Flags
    open_: Openness
    repairs: int = 0

    @classmethod
    def of(cls, system: Reduced, hidden: Flags) -> Proof:
        return cls(system, hidden.copy(), np.zeros(system.size, dtype=bool), Openness.of(system.size))

    def lacking(self) -> Numbers:
        """Hidden cells that no table leaves open as wide as they need."""
        return np.flatnonzero(self.hidden & (self.open_.width() < self.system.need))


def prove_together(proof: Proof) -> None:
    """Tables of what is hidden already, each moving as many of the numbers still to be proved as it can."""
    cells = np.flatnonzero(proof.hidden)
    moves = Moves(proof.system, cells, np.where(proof.system.never_shown[cells], 0.1, 1.0))
    place = np.full(proof.system.size, -1)
    place[cells] = np.arange(len(cells))
    random, quiet = np.random.default_rng(len(cells)), 0
    lacking = proof.lacking()
    for _ in range(BATCHES):
        if not len(lacking) or quiet == QUIET:
            return
        # a part of them at a time, since they are in each other's way
        picked = lacking[random.random(len(lacking)) < max(BATCH_SHARE, FEWEST / len(lacking))]
        at = place[picked]
        most, least = proof.open_.most[picked], proof.open_.least[picked]
        up = ((most <= 0) & (moves.up[at] > 0)) | (moves.down[at] <= 0)
        need = proof.system.need[picked]
        solution = moves.towards(at, up, np.where(up, need + least, need - most), GAIN)
        if solution is not None:
            proof.open_.add(cells, moves.whole(solution))
        left = proof.lacking()
        quiet = quiet + 1 if len(lacking) - len(left) < LITTLE else 0
        lacking = left


def prove_each(proof: Proof) -> Numbers:
    """A table for each number still to be proved, hiding what moves in it; those that there is none for.

    First near the true numbers, then as far as it takes, and then without bands.
    """
    system = proof.system
    failing = _prove_far(proof, Limits(system), proof.lacking())
    has_bands = (system.low != system.wide_low) | (system.high != system.wide_high)
    if len(failing) and has_bands.any():
        # bands give way only where hiding shown numbers would not do
        proof.system = system.with_bands_given_up(has_bands)
        failing = _prove_far(proof, Limits(proof.system), failing)
        beyond = (proof.open_.most > system.high) | (proof.open_.least < system.low)
        proof.gave_way |= beyond & has_bands
        proof.system = system.with_bands_given_up(proof.gave_way)
    return failing


def prove_as_far_as_it_goes(proof: Proof, cells: Numbers) -> None:
    """Tables that leave cells, which cannot be as open as they need, as open as they can be."""
    limits = Limits(proof.system)
    whole, need = proof.system, proof.system.need.copy()
    for cell in cells.tolist():
        need[cell] = min(sum(limits.of(cell)), need[cell])
    proof.system = replace(whole, need=need)
    _prove_far(proof, limits, proof.lacking())
    proof.system = whole


def told_anyway(proof: Proof) -> Flags:
    """What was hidden beside others and is told by them all the same, since it stands still whatever moves.

    Shown as well, it tells nothing more. What can move is moved, so that all that stays hidden is open.
    """
    system, told = proof.system, np.zeros(proof.system.size, dtype=bool)
    stands_still = (proof.open_.width() == 0) & (system.need == 0)
    cells = np.flatnonzero(proof.hidden)
    moves: Moves | None = None
    for cell in np.flatnonzero(proof.hidden & stands_still & ~system.hidden & ~system.never_shown).tolist():
        if proof.open_.width()[cell]:
            continue
        moves = moves or Moves(system, cells, np.ones(len(cells)), is_warm=True)
        place = int(np.searchsorted(cells, cell))
        solutions = [moves.by(place, move) for move in (1, -1)]
        told[cell] = all(solution is None for solution in solutions)
        for solution in solutions:
            if solution is not None:
                proof.open_.add(cells, moves.whole(solution, place))
    return told


def _prove_far(proof: Proof, limits: Limits, lacking: Numbers) -> Numbers:
    need = int(proof.system.need.max(initial=0))
    failing = _prove_each(proof, limits, lacking, _Programs(proof, reach_of(need)))
    # most that fail have no room at all, which is asked once instead of trying farther moves in vain
    enough = [cell for cell in failing.tolist() if sum(limits.of(cell)) >= proof.system.need[cell]]
    if not enough:
        return failing
    left = _prove_each(proof, limits, np.array(enough), _Programs(proof, farthest_of(need)))
    if len(left):
        programs = _Programs(proof, reach_of(need), is_last=True)
        left = _prove_each(proof, limits, left, programs)
    return np.union1d(np.setdiff1d(failing, enough), left)


def _prove_each(proof: Proof, limits: Limits, lacking: Numbers, programs: _Programs) -> Numbers:
    failing = [cell for cell in lacking.tolist() if not _prove_one(proof, programs, limits, cell)]
    return np.array(failing, dtype=np.int64)


class _Programs:
    """Linear programs over all cells, one per step, made when they are first asked for.

    is_last: where none of them has a table of whole numbers, an integer program is tried.
    """

    def __init__(self, proof: Proof, reach: int, *, is_last: bool = False) -> None:
        self._system, self._reach, self._by_step = proof.system, reach, dict[int, Moves]()
        self._is_last = is_last
        self._price = np.where(
            proof.hidden,
            np.where(proof.system.never_shown, NEVER_SHOWN_PRICE, HIDDEN_PRICE),
            proof.system.price,
        )

    def table(self, cell: int, move: int) -> Numbers | None:
        """The cheapest table of whole numbers in which `cell` moves so far; None if there is none."""
        for step in STEPS:
            if step not in self._by_step:
                everything = np.arange(self._system.size)
                self._by_step[step] = Moves(
                    self._system, everything, self._price, step=step, reach=self._reach, is_warm=True
                )
            moves = self._by_step[step]
            solution = moves.by(cell, move)
            if solution is None and step == 1:
                return None
            if solution is None:
                break
            table = moves.whole(solution, cell)
            if table[cell]:
                return table
        return self._by_step[1].whole_by(cell, move) if self._is_last else None

    def cost_of(self, table: Numbers) -> float:
        return float(np.abs(table) @ self._price)

    def hide(self, cells: Numbers) -> None:
        self._price[cells] = HIDDEN_PRICE
        for moves in self._by_step.values():
            moves.set_price(cells, HIDDEN_PRICE)


def _prove_one(proof: Proof, programs: _Programs, limits: Limits, cell: int) -> bool:
    """Add tables that leave the cell open, and hide what moves in them; False if there are none."""
    if proof.open_.width()[cell] >= proof.system.need[cell]:
        return True
    tried: dict[int, Numbers | None] = {}

    def table(move: int) -> Numbers | None:
        if move not in tried:
            tried[move] = programs.table(cell, move)
        return tried[move]

    cheapest: tuple[float, list[Numbers]] | None = None
    for way in _ways(proof, limits, cell, table):
        found = [one for one in takewhile(lambda one: one is not None, map(table, way)) if one is not None]
        if len(found) < len(way):
            continue
        hides = any((one != 0)[~proof.hidden].any() for one in found)
        cost = sum(programs.cost_of(one) for one in found)
        if cheapest is None or cost < cheapest[0]:
            cheapest = cost, found
        # a second look is worth it only where something must be hidden
        if not hides or len(way) > 1:
            break
    if cheapest is None:
        return False
    for one in cheapest[1]:
        newly = np.flatnonzero((one != 0) & ~proof.hidden)
        proof.hidden[newly] = True
        programs.hide(newly)
        proof.open_.add(np.flatnonzero(one), one[one != 0])
        proof.repairs += bool(len(newly))
    return True


def _ways(
    proof: Proof, limits: Limits, cell: int, table: Callable[[int], Numbers | None]
) -> Iterator[list[int]]:
    """Moves that make a cell as open as it must be, with what it is already: one alone first, then two."""
    need = int(proof.system.need[cell])
    up, down = limits.known(cell)
    most, least = int(proof.open_.most[cell]), int(-proof.open_.least[cell])
    for far, room, opposite in ((need - least, up, -1), (need - most, down, 1)):
        if far <= room:
            yield [-opposite * far]
    if table(1) is not None and table(-1) is not None:
        for far in range(min(need - 1, up), max(0, need - down - 1), -1):
            yield [far, far - need]
