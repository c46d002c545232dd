"""What to hide of a system, with the proof that what is hidden stays open: choose, prove, repair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from publishing.disclosure.elimination import chosen_by_elimination
from publishing.disclosure.errors import DisclosureError, PinnedError
from publishing.disclosure.proving import (
    Proof,
    prove_as_far_as_it_goes,
    prove_each,
    prove_together,
    told_anyway,
)
from publishing.disclosure.reduction import reduction_of
from publishing.disclosure.system import Flags, Numbers, System


@dataclass(frozen=True)
class Protected:
    """What of a system is hidden, and the tables that prove it open, as differences from the true one."""

    hidden: Flags
    gave_way: Flags  # bands that show nothing any more
    narrow: Flags  # what stays open, but less wide than it should, whatever else is hidden
    tables: list[Numbers]
    repairs: int


def protected(whole: System) -> Protected:
    """Hide as little as is needed; PinnedError where a number cannot be kept open at all."""
    _refuse_what_does_not_add_up(whole)
    reduction = reduction_of(whole)
    proof = Proof.of(reduction.reduced, chosen_by_elimination(reduction.reduced))
    prove_together(proof)
    failing = prove_each(proof)
    if len(failing):
        prove_as_far_as_it_goes(proof, failing)
    narrow = np.zeros(proof.system.size, dtype=bool)
    width = proof.open_.width()[failing]
    narrow[failing] = (width > 0) & (width < proof.system.need[failing])
    pinned = failing[width == 0]
    if len(pinned):
        raise PinnedError(np.flatnonzero(np.isin(reduction.group, pinned)))
    hidden = proof.hidden & ~told_anyway(proof)
    return Protected(
        reduction.spread(hidden) | whole.never_shown,
        reduction.spread(proof.gave_way),
        reduction.spread(narrow),
        [reduction.table(table) for table in reduction.reduced.packed(proof.open_.tables)],
        proof.repairs,
    )


def _refuse_what_does_not_add_up(system: System) -> None:
    broken = int(np.count_nonzero(system.sums @ system.value))
    outside = int(np.count_nonzero((system.value < system.low) | (system.value > system.high)))
    if broken or outside:
        raise DisclosureError(
            f"{broken} sums do not add up, {outside} numbers are outside their bounds",
            rule="the subgroups and places below a total are disjoint parts of it",
            next_step="Look in marts.indicator_cells for a child that counts twice",
        )
