"""Files that seem to tell of nobody and were not searched for certain: no proof covers them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ingestion.home import Home
from ingestion.lake.ledger import Ledger
from ingestion.traces import Look, Sought, look_into
from orchestration.purging.inventory import Inventory
from orchestration.purging.subjects import Subject

# places that hold files as partners sent them
AS_SENT = ("inbox", "fetching", "kept", "landing")
_WAITING = ("inbox", "fetching", "landing")


def before_a_purge(home: Home, subject: Subject, found: Inventory) -> dict[str, str]:
    """Files that a purge would leave, as it does not know what is in them: name in the home, and why."""
    removed = {path for paths in found.removed.values() for path in paths}
    looks = {
        path: look_into(path, Sought(), as_sent=True)
        for place in AS_SENT
        for path in sorted((home.root / place).rglob("*"))
        if path.is_file() and not path.is_symlink()
        if path not in removed and path.parent.name not in found.landed
    }
    return unsure(home, subject, _sought(home, subject), looks)


def unsure(home: Home, subject: Subject, sought: Sought, looks: Mapping[Path, Look]) -> dict[str, str]:
    """Of files and what was seen in them, those not searched for certain: name in the home, and why.

    What the lake took in is certain, for it was asked row by row; so is, where deliveries are purged, what
    others delivered.
    """
    in_lake = _in_lake(home)
    found = {}
    for path, look in looks.items():
        name = path.relative_to(home.root)
        why = look.unsure
        if not why and subject.person_id and sought.too_short and name.parts[0] in _WAITING:
            why = "a number that was to be looked for is shorter than 4 characters"
        if not why or look.tells or (name.parts[0] == "landing" and not subject.person_id):
            continue
        if name.parts[0] in AS_SENT and _sha256(path, name) in in_lake:
            continue
        found[str(name)] = why
    return found


def _in_lake(home: Home) -> set[str]:
    """SHA-256 of files of which every delivery was accepted."""
    states = [s for s in Ledger(home.ledger).state() if s.status not in ("outdated", "split")]
    left_out = {s.delivery.sha256 for s in states if not s.outcome}
    return {s.delivery.sha256 for s in states} - left_out


def _sha256(path: Path, name: Path) -> str:
    from ingestion.lake.purging import hash_of

    return path.parent.name if name.parts[0] == "landing" else hash_of(path)


def _sought(home: Home, subject: Subject) -> Sought:
    from identity.vault import open_vault
    from orchestration.purging.looking import choose

    if not home.vault.exists():
        return Sought()
    with open_vault(home, read_only=True) as con:
        return choose(home, subject, con)
