"""Deliveries that take the places of others in the raw lake: several at once, or none of them.

Before the first of several changes its name, all are written down; whoever takes the lake's lock next brings
to its end what a kill cut short. So nobody sees a part of an archive in force.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import DeliveryError
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.files import keep_file, loaded_by, put_in_force, sync_folder
from ingestion.lake.ledger import ACCEPTED, Event, Ledger, LoadState


@dataclass(frozen=True)
class Staged:
    """A delivery whose raw file is written and waits to come into force; `event` is its ledger line."""

    delivery: Delivery
    event: Event
    file: Path


def announce(home: Home, staged: Sequence[Staged]) -> None:
    """Write down that these come into force together; one alone is a single step, whole or not taken."""
    if len(staged) < 2:
        return
    home.swaps.parent.mkdir(parents=True, exist_ok=True)
    temporary = home.swaps.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump([one.event for one in staged], file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(home.swaps)
    sync_folder(home.swaps.parent)


def called_off(home: Home) -> None:
    """All that was announced is done or undone."""
    home.swaps.unlink(missing_ok=True)


def finish_announced(home: Home) -> list[str]:
    """Bring into force the rest of what was announced before a kill; return a sentence for each.

    The lake must be locked.
    """
    if not home.swaps.exists():
        return []
    ledger, told = Ledger(home.ledger), []
    events: list[Event] = json.loads(home.swaps.read_text())
    known = {event["load_id"] for event in ledger.events() if event["event"] in ACCEPTED}
    swaps: list[Event] = []
    for event in events:
        staged, there = home.staged_file(event["load_id"]), loaded_by(raw := _raw_of_event(home, event))
        if staged.exists():
            replace_file(home, staged, raw, there, event["load_id"])
        elif there != event["load_id"]:
            continue  # somebody emptied the folder of what is staged
        if event["load_id"] not in known:
            before = ledger.in_force(event["extract_id"], event["school_year"], event["collection"])
            swaps += swap(before, event)
            told.append(f"Put {event['load_id']} in force with the rest of its archive.")
    if swaps:
        ledger.append(*swaps)
    for event in events:
        home.superseded_file(event["load_id"]).unlink(missing_ok=True)
    called_off(home)
    return told


def replace_file(home: Home, staged: Path, raw: Path, there: str | None, load_id: str) -> None:
    """The staged file in the raw file's place; what lies `there` is kept."""
    if there and there != load_id:
        keep_file(raw, home.superseded_file(there))
    put_in_force(staged, raw)


def swap(before: LoadState | None, event: Event) -> list[Event]:
    """What the ledger is told when a delivery takes the place of another."""
    if before and before.load_id != event["load_id"]:
        return [before.delivery.event("superseded", reason=f"by {event['load_id']}"), event]
    return [event]


def catch_up(ledger: Ledger, notes: Mapping[str, str]) -> list[str]:
    """Write into the ledger what it should have said of a raw file promoted a moment before a kill."""
    if "event" not in notes:
        return []
    event = json.loads(notes["event"])
    if any(e["load_id"] == event["load_id"] and e["event"] in ACCEPTED for e in ledger.events()):
        return []
    before = ledger.in_force(event["extract_id"], event["school_year"], event["collection"])
    ledger.append(*swap(before, event))
    return [f"Wrote the acceptance of {event['load_id']} into the ledger."]


def holder(ledger: Ledger, delivery: Delivery) -> LoadState | None:
    """The delivery in force in the place of this one, itself perhaps."""
    assert delivery.school_year is not None
    assert delivery.collection is not None
    return ledger.in_force(delivery.extract_id, delivery.school_year, delivery.collection)


def raw_of(home: Home, delivery: Delivery) -> Path:
    """The raw file of a delivery's extract, school year and collection."""
    if delivery.school_year is None or delivery.collection is None:
        raise DeliveryError(
            "a file of several school years is in force year by year", where=delivery.file_name
        )
    return home.raw_file(delivery.entity, delivery.extract_id, delivery.school_year, delivery.collection)


def _raw_of_event(home: Home, event: Event) -> Path:
    return home.raw_file(event["entity"], event["extract_id"], event["school_year"], event["collection"])
