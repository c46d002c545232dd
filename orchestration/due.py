"""What partners owe by now: the due dates of the contracts against the deliveries that are in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.configuration.community import Communities, Community
    from ingestion.contracts.contract import Contract
    from ingestion.lake.ledger_state import Slot

Period = tuple[str, int, str]  # extract id, school year, collection
Time = tuple[int | None, str | None]  # of one extract


@dataclass(frozen=True)
class DueDelivery:
    """A delivery that is not in force; `days_late` is negative while it is not due yet."""

    extract_id: str
    community: str
    partner: str
    entity: str
    school_year: int
    collection: str
    due: dt.date
    days_late: int

    @property
    def period(self) -> str:
        return f"{self.school_year}-{self.collection}"


def deliveries_due(
    communities: Communities,
    in_force: Collection[Period],
    today: dt.date,
    days_ahead: int = 0,
    waiting: Collection[Slot] = (),
) -> list[DueDelivery]:
    """Every delivery that is late today or falls due within `days_ahead`, the latest first.

    Owed is what falls due while the agreement lives, for the school years the community takes, from the first
    year the extract was ever sent for. Once the annual delivery of a year is in force nobody waits for the
    interim ones of that year. Nor does anybody wait for what has come and waits for its load: which years are
    in a file of several only the load tells, so while one is `waiting` its extract owes none.
    """
    sent, coming = _by_extract(in_force), _by_extract(waiting)
    found = [
        owed
        for community in communities
        for contract in community.contracts.values()
        for owed in _owed(community, contract, sent.get(contract.extract_id, frozenset()), today)
        if owed.days_late >= -days_ahead
        and not any(_covers(time, owed) for time in coming.get(contract.extract_id, ()))
    ]
    return sorted(found, key=lambda owed: (-owed.days_late, owed.extract_id, owed.collection))


def _by_extract(slots: Iterable[Slot]) -> dict[str, set[Time]]:
    found: dict[str, set[Time]] = {}
    for extract_id, school_year, collection in slots:
        found.setdefault(extract_id, set()).add((school_year, collection))
    return found


def _covers(waiting: Time, owed: DueDelivery) -> bool:
    school_year, collection = waiting
    return school_year in (None, owed.school_year) and collection in (None, "annual", owed.collection)


def _owed(community: Community, contract: Contract, sent: Set[Time], today: dt.date) -> list[DueDelivery]:
    agreement = community.agreements[contract.agreement]
    owed = []
    first = min((year for year, _ in sent if year), default=community.school_years.first)
    for year in range(first, community.school_years.last + 1):
        for collection in contract.expects:
            due = contract.due_date(year, collection)
            if due is None or not agreement.is_live(due):
                continue
            if not sent.isdisjoint({(year, collection), (year, "annual")}):
                continue
            owed.append(
                DueDelivery(
                    extract_id=contract.extract_id,
                    community=community.community,
                    partner=contract.partner,
                    entity=contract.entity,
                    school_year=year,
                    collection=collection,
                    due=due,
                    days_late=(today - due).days,
                )
            )
    return owed
