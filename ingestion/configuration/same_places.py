"""same_places.csv: which accounts of organizations and sites people say are one place, or are not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

from ingestion.configuration.tables import Filled, Row
from ingestion.errors import ContractError
from ingestion.yaml_file import Day, Identifier, near_miss

Entity = Literal["organization", "district", "partner", "site", "school", "project"]
SITES = ("site", "school", "project")
Account = tuple[str, str, str]  # entity, partner, the partner's number in lower case


class SamePlaceRow(Row):
    """Two accounts are of the same place, or of different ones; `other_entity` is `entity` unless given."""

    entity: Entity
    partner_id: Identifier
    id: Filled
    other_entity: Entity | None = None
    other_partner_id: Identifier
    other_id: Filled
    decision: Literal["same", "different"]
    reviewer: Filled
    decided_on: Day
    reason: Filled

    @property
    def one(self) -> Account:
        return self.entity, self.partner_id, self.id.lower()

    @property
    def other(self) -> Account:
        return self.other_entity or self.entity, self.other_partner_id, self.other_id.lower()

    def identity(self) -> tuple[str, ...]:
        first, second = sorted((self.one, self.other))
        return *first, *second


def check_same_place_row(row: SamePlaceRow, partners: Collection[str]) -> str:
    for partner in (row.partner_id, row.other_partner_id):
        if partner not in partners:
            return f"no partner is called '{partner}'. {near_miss(partner, partners)}"
    if row.one == row.other:
        return "an account is compared with itself. Name two"
    of_sites = {entity in SITES for entity in (row.one[0], row.other[0])}
    if len(of_sites) > 1:
        return (
            "an organization is compared with a site. Compare accounts of one kind: organization, district"
            " and partner, or site, school and project"
        )
    return ""


def contradictions(path: Path, rows: Iterable[SamePlaceRow]) -> list[ContractError]:
    """A problem for each pair that one row keeps apart and others join, directly or over further accounts."""
    rows = tuple(rows)
    place: dict[Account, Account] = {account: account for row in rows for account in (row.one, row.other)}

    def first(account: Account) -> Account:
        while place[account] != account:
            account = place[account]
        return account

    for row in rows:
        if row.decision == "same":
            place[first(row.other)] = first(row.one)
    return [
        ContractError(
            f"'{_named(row.one)}' and '{_named(row.other)}' are 'different', and the same by other rows",
            where=str(path),
            next_step="Take out one of the rows that name them",
        )
        for row in rows
        if row.decision == "different" and first(row.one) == first(row.other)
    ]


def _named(account: Account) -> str:
    return " ".join(account)
