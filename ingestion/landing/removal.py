"""Files that do not stay in landing: what they delivered does, and the ledger says that they are gone."""

from __future__ import annotations

import shutil

from ingestion.home import Home
from ingestion.lake.ledger import Ledger


def remove_landed(home: Home, sha256: str, reason: str = "it told of a child who was purged") -> bool:
    """Remove a file from landing, after the ledger heard of it; whether it was there.

    A delivery of it that waits to be loaded is purged: its partner has to send the file again.
    """
    folder = home.landing / sha256
    if not folder.exists():
        return False
    ledger = Ledger(home.ledger)
    known = [state for state in ledger.state() if state.delivery.sha256 == sha256]
    events = [
        state.delivery.event(
            "purged" if state.status == "received" else "redacted",
            landing="removed",
            reason=reason if state.status == "received" else None,
        )
        for state in known
        if state.is_landed and state.status not in ("outdated", "purged")
    ]
    if events:
        ledger.append(*events)
    for file in folder.iterdir():
        file.chmod(0o600)
    shutil.rmtree(folder)
    return True
