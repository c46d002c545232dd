"""Agreements that have expired while rows loaded under them still count."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.configuration.community import Communities
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
    """Every expired agreement whose rows count; the agreement is the one that the contract names now."""
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
