"""A delivery: one file as one extract for one school year and collection, named by its content."""

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ingestion.contracts.contract import Contract


@dataclass(frozen=True)
class Delivery:
    """What was received; `school_year` is None while a file that carries its own years has not been split.

    `load_id` is the first 16 hex digits of the SHA-256 of extract, year, collection, content and contract, so
    the same bytes under the same contract are the same delivery whatever their file is called.
    """

    load_id: str
    extract_id: str
    community: str
    partner: str
    entity: str
    school_year: int | None
    collection: str | None
    sha256: str
    file_name: str
    landed: Path
    fingerprint: str

    def for_year(self, school_year: int, collection: str | None = None) -> "Delivery":
        """The part of this delivery that tells of one school year and collection."""
        part = collection or self.collection or "annual"
        load_id = load_id_of(self.extract_id, school_year, part, self.sha256, self.fingerprint)
        return replace(self, load_id=load_id, school_year=school_year, collection=part)

    @property
    def period(self) -> str:
        """`2025-annual`; `several` for a file that has not been split by its own years."""
        if self.school_year is None or self.collection is None:
            return "several"
        return f"{self.school_year}-{self.collection}"

    @property
    def partition(self) -> str:
        """`partner|period`, with the extract's label after the partner where it has one."""
        sender = self.extract_id.replace(f"{self.partner}.{self.entity}", self.partner, 1)
        return f"{sender}|{self.period}"

    def event(self, event: str, **facts: Any) -> dict[str, Any]:
        """A ledger event of this delivery."""
        own = {name: value for name, value in asdict(self).items() if name != "landed"}
        return {"event": event, **own, **{name: value for name, value in facts.items() if value is not None}}


def load_id_of(
    extract_id: str, school_year: int | None, collection: str | None, sha256: str, fingerprint: str
) -> str:
    parts = (extract_id, school_year or "", collection or "", sha256, fingerprint)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def delivery_of(
    contract: Contract, school_year: int | None, collection: str | None, sha256: str, landed: Path
) -> Delivery:
    """The delivery that a landed file is under a contract of a community."""
    return Delivery(
        load_id=load_id_of(contract.extract_id, school_year, collection, sha256, contract.fingerprint),
        extract_id=contract.extract_id,
        community=contract.community or "",
        partner=contract.partner,
        entity=contract.entity,
        school_year=school_year,
        collection=collection,
        sha256=sha256,
        file_name=landed.name,
        landed=landed,
        fingerprint=contract.fingerprint,
    )
