"""What a purge is about: a person, or the deliveries of an agreement, or those past their retention."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ingestion.errors import MilepostError
from ingestion.yaml_file import near_miss

if TYPE_CHECKING:
    from ingestion.configuration.community import Communities
    from ingestion.configuration.community_file import Agreement
    from ingestion.lake.ledger import LoadState


class PurgeError(MilepostError):
    """A purge cannot be done as it was asked for; nothing was removed."""


@dataclass(frozen=True)
class Subject:
    """`key` tells a purge of this from others; `title` tells people, without a value of a child."""

    kind: Literal["person", "agreement", "retention"]
    key: str
    title: str
    reason: str
    person_id: str | None = None
    load_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class PastRetention:
    """A delivery that was to be kept until a day that has passed, by its agreement."""

    state: LoadState
    agreement: str
    kept_until: dt.date


def of_agreement(
    communities: Communities, states: Iterable[LoadState], name: str, community: str | None = None
) -> Subject:
    """Deliveries under an agreement: of extracts whose contracts name it now, or that it covers without any.

    PurgeError for an unknown agreement, or one that several communities have.
    """
    found = [c for c in communities if name in c.agreements and community in (None, c.community)]
    if not found:
        known = [agreement for c in communities for agreement in c.agreements]
        raise PurgeError(
            f"unknown agreement '{name}'" + (f" of {community}" if community else ""),
            where="agreements.yml",
            next_step=near_miss(name, known),
        )
    if len(found) > 1:
        raise PurgeError(
            f"{' and '.join(c.community for c in found)} each have an agreement '{name}'",
            where="agreements.yml",
            next_step="Say which with --community",
        )
    (its,) = found
    agreement = its.agreements[name]
    load_ids = [
        state.load_id for state in states if _is_under(communities, its.community, name, agreement, state)
    ]
    title = f"what came under the agreement {name} of {its.community}"
    reason = f"purged with the agreement {name}"
    return Subject("agreement", f"{its.community}/{name}", title, reason, load_ids=tuple(load_ids))


def _is_under(
    communities: Communities, community: str, name: str, agreement: Agreement, state: LoadState
) -> bool:
    delivery = state.delivery
    if delivery.community != community:
        return False
    if contract := communities.contracts.get(delivery.extract_id):
        return contract.agreement == name
    return delivery.partner in agreement.parties and agreement.covers(delivery.extract_id)


def past_retention(
    communities: Communities, states: Iterable[LoadState], today: dt.date
) -> list[PastRetention]:
    """Deliveries received more than `retention_years` of their agreement ago, whatever became of them."""
    found = []
    for state in states:
        contract = communities.contracts.get(state.delivery.extract_id)
        if contract is None or state.status == "purged":
            continue
        agreement = communities.community_of(contract.extract_id).agreements[contract.agreement]
        if agreement.retention_years is None:
            continue
        until = _years_later(dt.date.fromisoformat(state.received_at[:10]), agreement.retention_years)
        if until < today:
            found.append(PastRetention(state, contract.agreement, until))
    return found


def _years_later(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return dt.date(day.year + years, 3, 1)


def of_retention(due: Iterable[PastRetention]) -> Subject:
    """Every delivery past its retention."""
    load_ids = tuple(one.state.load_id for one in due)
    title = "what is past the retention of its agreement"
    return Subject("retention", "retention", title, "past the retention of its agreement", load_ids=load_ids)
