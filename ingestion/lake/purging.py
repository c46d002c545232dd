"""Deliveries that are destroyed: out of force for good, and every file that they left in the home."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

from ingestion.home import Home
from ingestion.lake.lake import follow_ledger, lake_lock
from ingestion.lake.ledger import Ledger, LoadState
from ingestion.lake.swaps import holder


def purge_deliveries(home: Home, load_ids: Collection[str], reason: str) -> None:
    """Take deliveries out of force and remove their files but those in landing; the ledger hears first.

    What one of them had superseded is in force again, unless it goes too. Run again, it ends the same.
    """
    with lake_lock(home):
        ledger = Ledger(home.ledger)
        wanted = set(load_ids)
        every = [state for state in ledger.state() if state.load_id in wanted]
        whole = [s.delivery for s in every if s.delivery.school_year is not None and s.delivery.collection]
        before = {one.load_id: holder(ledger, one) for one in whole}
        events = [
            state.delivery.event("purged", reason=reason, landing="removed")
            for state in every
            if state.status != "purged"
        ]
        if events:
            ledger.append(*events)
        heirs = {heir.load_id: heir for one in whole if (heir := holder(ledger, one))}
        held = {state.load_id for state in before.values() if state}
        back = [h.delivery.event("restored", rows=h.rows) for h in heirs.values() if h.load_id not in held]
        if back:
            ledger.append(*back)
        for one in whole:
            follow_ledger(home, one, holder(ledger, one))
        for state in every:
            for file in files_of(home, state):
                file.unlink(missing_ok=True)


def files_of(home: Home, state: LoadState) -> Iterator[Path]:
    """What a delivery left in the home beside landing and the raw file, as far as it is there."""
    delivery = state.delivery
    found = [
        home.superseded_file(state.load_id),
        home.staged_file(state.load_id),
        home.quarantine_file(delivery.entity, state.load_id),
    ]
    yield from (file for file in found if file.exists())
    yield from sorted((home.feedback / delivery.partner).glob(f"{state.load_id}*"))


def hash_of(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
