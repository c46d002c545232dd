"""What agreements let in: deliveries are loaded, and count in a release, only while one is live."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.configuration.community_file import NO_AGREEMENT_NO_LOAD
from ingestion.errors import DeliveryError

if TYPE_CHECKING:
    from ingestion.configuration.community import Communities
    from ingestion.lake.delivery import Delivery
    from ingestion.lake.ledger import LoadState


@dataclass(frozen=True)
class ExpiredAgreement:
    """An agreement past its last day, and how many deliveries of each extract under it are in force."""

    community: str
    agreement: str
    expired: dt.date
    in_force: dict[str, int]


def expired_in_force(
    communities: Communities, states: Iterable[LoadState], today: dt.date
) -> list[ExpiredAgreement]:
    """Every expired agreement with deliveries loaded under it, by what their contracts name now."""
    counts = Counter(state.delivery.extract_id for state in states if state.in_force)
    found = []
    for community in communities:
        for name, agreement in community.agreements.items():
            under_it = {
                extract: counts[extract]
                for extract, contract in sorted(community.contracts.items())
                if contract.agreement == name and counts[extract]
            }
            if under_it and agreement.expires < today:
                found.append(ExpiredAgreement(community.community, name, agreement.expires, under_it))
    return found


def without_agreement(
    communities: Communities, states: Iterable[LoadState], today: dt.date
) -> dict[str, str]:
    """Extract -> why its rows count in no release today: its agreement is not live, or no contract names one.

    Only extracts that have a delivery in force. What was loaded stays, so a renewed agreement brings it back.
    """
    extracts = sorted({state.delivery.extract_id for state in states if state.in_force})
    said = {extract: _why_not(communities, extract, today) for extract in extracts}
    return {extract: f"{why[0]}." for extract, why in said.items() if why}


def covered(
    communities: Communities, deliveries: Iterable[Delivery], today: dt.date
) -> tuple[list[Delivery], list[DeliveryError]]:
    """Of deliveries that wait, those that a live agreement lets in, and an error for each of the others.

    They stay received: a file may have come on an agreement's last day and be loaded on the next.
    """
    live: list[Delivery] = []
    refused: dict[str, DeliveryError] = {}
    for delivery in deliveries:
        why = _why_not(communities, delivery.extract_id, today)
        if why is None:
            live.append(delivery)
            continue
        what, step = why
        error = DeliveryError(what, where=delivery.file_name, rule=NO_AGREEMENT_NO_LOAD, next_step=step)
        refused[str(error)] = error
    return live, [*refused.values()]


def _why_not(communities: Communities, extract: str, today: dt.date) -> tuple[str, str] | None:
    """Why an extract is under no live agreement, and what to do about it; None where it is."""
    contract = communities.contracts.get(extract)
    if contract is None:
        return f"no contract, and so no agreement, covers {extract}", "Put its contract back"
    agreement = communities.community_of(extract).agreements[contract.agreement]
    if agreement.is_live(today):
        return None
    return agreement.why_not_live(contract.agreement, contract.bundle or extract, today)
