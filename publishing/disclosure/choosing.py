"""What to hide of a system, with the proof that what is hidden stays open: choose, prove, repair."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from publishing.disclosure.elimination import chosen_by_elimination
from publishing.disclosure.errors import DisclosureError, PinnedError
from publishing.disclosure.proving import (
    Proof,
    prove_as_far_as_it_goes,
    prove_each,
    prove_the_last,
    prove_together,
    told_anyway,
)
from publishing.disclosure.system import Flags, Numbers, System
from publishing.disclosure.unison import Unison, in_unison


@dataclass(frozen=True)
class Protected:
    """What of a system is hidden, and the tables that prove it open, as differences from the true one."""

    hidden: Flags
    gave_way: Flags  # bands that show nothing any more
    narrow: Flags  # what stays open, but less wide than it should, whatever else is hidden
    tables: list[Numbers]
    repairs: int


def protected(whole: System) -> Protected:
    """Hide as little as is needed; DisclosureError where a number cannot be kept open wide enough."""
    _refuse_what_does_not_add_up(whole)
    unison = in_unison(whole, whole.group)
    proof = Proof.of(unison.reduced, chosen_by_elimination(unison.reduced))
    prove_together(proof)
    failing = prove_each(proof)
    if len(failing) and (whole.group != whole.same).any():
        # what cannot move alike in tables of nearly the same children may move in one of them
        unison, proof = _apart(unison, proof)
    failing = prove_the_last(proof)
    if len(failing):
        prove_as_far_as_it_goes(proof, failing)
    narrow = np.zeros(proof.system.size, dtype=bool)
    narrow[failing] = proof.open_.width()[failing] > 0
    pinned = failing[~narrow[failing]]
    if len(pinned):
        raise PinnedError(np.flatnonzero(np.isin(unison.group, pinned)))
    hidden = _opened_in_every_table(unison, proof)
    return Protected(
        hidden | whole.never_shown,
        unison.spread(proof.gave_way),
        unison.spread(narrow),
        [unison.table(table) for table in unison.reduced.packed(proof.open_.tables)],
        proof.repairs,
    )


def _apart(unison: Unison, proof: Proof) -> tuple[Unison, Proof]:
    """The same proof with each table by itself, but for numbers that are known to be equal."""
    whole = unison.whole
    apart = in_unison(whole, whole.same)
    continued = Proof.of(apart.reduced, apart.gathered(unison.spread(proof.hidden)))
    continued.gave_way, continued.repairs = apart.gathered(unison.spread(proof.gave_way)), proof.repairs
    for table in proof.open_.tables:
        moves = apart.gathered(unison.table(table))
        continued.open_.add(np.flatnonzero(moves), moves[moves != 0])
    return apart, continued


def _opened_in_every_table(unison: Unison, proof: Proof) -> Flags:
    """What is hidden, less what the others tell all the same, which is shown too.

    Where tables of nearly the same children do not move alike, a number that one of them tells is nearly told
    in the others: there it is to be open as well.
    """
    whole = unison.whole
    while True:
        hidden = _with_their_groups(whole, unison.spread(proof.hidden))
        proof.hidden = unison.gathered(hidden) | proof.system.never_shown
        told = unison.spread(told_anyway(proof))
        torn = told & np.isin(whole.group, whole.group[_needed(whole, hidden & ~told)])
        need = proof.system.need.copy()
        need[unison.group[torn]] = need.max()
        if (need == proof.system.need).all():
            return hidden & ~(told & ~torn)
        proof.system = replace(proof.system, need=need)
        prove_the_last(proof)


def _needed(whole: System, hidden: Flags) -> Flags:
    """What must stay open, and what alone keeps it open in one of its sums."""
    unknown = hidden | whole.never_shown
    among = abs(whole.sums)[:, unknown]
    needs = whole.need[unknown] > 0
    only_two = (among.sum(axis=1) == 2) & (among @ needs.astype(np.int64) > 0)
    needed: Flags = np.zeros(whole.size, dtype=bool)
    needed[unknown] = needs | ((among[np.flatnonzero(only_two)] != 0).sum(axis=0) > 0)
    return needed & hidden


def _with_their_groups(whole: System, hidden: Flags) -> Flags:
    """With everything that counts nearly the children of something hidden."""
    return np.isin(whole.group, whole.group[hidden])


def _refuse_what_does_not_add_up(system: System) -> None:
    broken = int(np.count_nonzero(system.sums @ system.value))
    outside = int(np.count_nonzero((system.value < system.low) | (system.value > system.high)))
    if broken or outside:
        raise DisclosureError(
            f"{broken} sums do not add up, {outside} numbers are outside their bounds",
            rule="the subgroups and places below a total are disjoint parts of it",
            next_step="Look in marts.indicator_cells for a child that counts twice",
        )
