"""What to hide of a system, with the proof that what is hidden stays open: choose, certify, repair."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from publishing.disclosure.certificates import Search
from publishing.disclosure.elimination import chosen_by_elimination
from publishing.disclosure.errors import DisclosureError
from publishing.disclosure.repair import cells_to_hide
from publishing.disclosure.system import Flags, Numbers, Openness, System
from publishing.disclosure.unison import certify_in_unison

TRIES = 6


@dataclass(frozen=True)
class Protected:
    """What of a system is hidden, and the tables that prove it open, as differences from the true one."""

    hidden: Flags
    gave_way: Flags  # bands that show nothing any more
    tables: list[Numbers]
    repairs: int


def protected(system: System) -> Protected:
    """Hide as little as is needed; DisclosureError where a number cannot be kept open wide enough."""
    _refuse_what_does_not_add_up(system)
    hidden = _chosen(system)
    open_ = Openness.of(system.size)
    gave_way = np.zeros(system.size, dtype=bool)
    for repairs in range(TRIES):
        certify_in_unison(system, hidden, open_)
        failing = Search(system, hidden).certify(open_)
        if not len(failing):
            return Protected(hidden, gave_way, open_.tables, repairs)
        more, bands = cells_to_hide(system, hidden, failing, open_, repairs)
        gave_way[bands] = True
        system = _without_bands(system, gave_way)
        before = hidden.sum()
        hidden[more] = True
        if hidden.sum() == before and not len(bands):
            break
    raise DisclosureError(
        f"{len(failing)} hidden numbers stay open less wide than they must, whatever else is hidden",
        rule="no hidden number may be narrowed under its width by all that is published",
        next_step="Publish fewer disaggregates at this level in `publication:`, or raise the minimum",
    )


def _chosen(system: System) -> Flags:
    """What elimination hides: in each table by itself, with twins, then for the differences between tables.

    What is hidden for a difference hides no twin: else a version few look at would hide what everybody does.
    """
    within = replace(system, need=np.where(system.between, 0, system.need))
    hidden = _with_twins(system, chosen_by_elimination(within))
    if not (system.between & (system.need > 0)).any():
        return hidden
    alone = np.full(system.size, -1, dtype=np.int64)
    return chosen_by_elimination(replace(system, hidden=hidden, twins=alone))


def _with_twins(system: System, hidden: Flags) -> Flags:
    """With everything that is the twin of something hidden."""
    paired = hidden & (system.twins >= 0)
    return hidden | ((system.twins >= 0) & np.isin(system.twins, system.twins[paired]))


def _without_bands(system: System, gave_way: Flags) -> System:
    return replace(
        system,
        low=np.where(gave_way, system.wide_low, system.low),
        high=np.where(gave_way, system.wide_high, system.high),
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
