"""The ledger: an append-only file of what happened to every delivery, and the state that follows from it."""

import datetime as dt
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from filelock import FileLock

from ingestion.delivery import Delivery
from ingestion.errors import MilepostError
from ingestion.home import Home

Event = dict[str, Any]
Slot = tuple[str, int | None, str | None]  # extract, school year, collection
Status = Literal[
    "received", "split", "accepted", "accepted_with_quarantine", "rejected", "superseded", "withdrawn"
]

ACCEPTED = ("accepted", "accepted_with_quarantine")
EVENTS = ("received", "split", *ACCEPTED, "rejected", "superseded", "withdrawn", "restored")


@dataclass(frozen=True)
class LoadState:
    """Where one delivery stands. `status` is an accepted one only while the delivery is in force.

    `split` is a file of several school years whose years have become deliveries of their own.
    """

    delivery: Delivery
    status: Status
    received_at: str
    at: str
    outcome: str | None = None
    rows: int | None = None
    quarantined: int | None = None
    reason: str | None = None
    seconds: float | None = None

    @property
    def load_id(self) -> str:
        return self.delivery.load_id

    @property
    def slot(self) -> Slot:
        return self.delivery.extract_id, self.delivery.school_year, self.delivery.collection

    @property
    def in_force(self) -> bool:
        return self.status in ACCEPTED


class Ledger:
    """The ledger of a home; every method sees what other processes have appended so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._home = Home(path.parent)
        self._events: list[Event] = []
        self._offset = 0
        self._folded: tuple[int, list[LoadState]] = (-1, [])

    def append(self, *events: Event) -> None:
        """Add events in one write that reaches the disk; after an error the ledger is as it was before."""
        at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines = [json.dumps({"event": event["event"], "at": at, **event}, default=str) for event in events]
        unknown = {event["event"] for event in events} - set(EVENTS)
        if unknown:
            raise ValueError(f"unknown ledger events: {sorted(unknown)}")
        self._home.locks.mkdir(parents=True, exist_ok=True)
        with FileLock(self._home.locks / "ledger.lock"):
            _append_durably(self.path, "".join(f"{line}\n" for line in lines).encode())

    def events(self) -> list[Event]:
        """Every event, oldest first; a last line torn by a kill is not there."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            size = 0
        if size < self._offset:
            self._events, self._offset, self._folded = [], 0, (-1, [])
        if size > self._offset:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                fresh = file.read()
            whole = fresh[: fresh.rfind(b"\n") + 1]
            self._events += _parsed(whole, self.path, len(self._events))
            self._offset += len(whole)
        return list(self._events)

    def state(self) -> list[LoadState]:
        """Where every delivery stands, in the order they were received."""
        events = self.events()
        if self._folded[0] != len(events):
            self._folded = (len(events), fold(events, self._home))
        return list(self._folded[1])

    def load(self, load_id: str) -> LoadState | None:
        return next((state for state in self.state() if state.load_id == load_id), None)

    def in_force(self, extract_id: str, school_year: int, collection: str) -> LoadState | None:
        """The accepted delivery that counts for this extract, school year and collection."""
        wanted = (extract_id, school_year, collection)
        return next((state for state in self.state() if state.in_force and state.slot == wanted), None)

    def last_accepted(self, extract_id: str, *, before: int, collection: str = "annual") -> LoadState | None:
        """The delivery in force for the latest school year earlier than `before`."""
        earlier = [
            state
            for state in self.state()
            if state.in_force
            and state.delivery.extract_id == extract_id
            and state.delivery.collection == collection
            and (state.delivery.school_year or before) < before
        ]
        return max(earlier, key=lambda state: state.delivery.school_year or 0, default=None)


def fold(events: Iterable[Event], home: Home) -> list[LoadState]:
    """The state that follows from `events`.

    In force for a slot is the delivery accepted last and not withdrawn since. `superseded` and `restored`
    are for readers and decide nothing, so a ledger cut after any line still folds to one truth.
    """
    first: dict[str, Event] = {}
    merged: dict[str, Event] = {}
    accepted: dict[str, tuple[int, str]] = {}
    for position, event in enumerate(events):
        load_id = event["load_id"]
        first.setdefault(load_id, event)
        known = {name: value for name, value in event.items() if value is not None}
        merged[load_id] = {**merged.get(load_id, {}), **known}
        if event["event"] in ACCEPTED:
            merged[load_id]["reason"] = event.get("reason")  # why it was once rejected is history now
            accepted[load_id] = (position, event["event"])
        elif event["event"] == "withdrawn":
            accepted.pop(load_id, None)
    holder: dict[Slot, str] = {}
    for load_id, _ in sorted(accepted.items(), key=lambda item: item[1]):
        event = merged[load_id]
        holder[event["extract_id"], event.get("school_year"), event.get("collection")] = load_id
    held = set(holder.values())
    return [
        _state(first[load_id], event, accepted.get(load_id), load_id in held, home)
        for load_id, event in merged.items()
    ]


def _state(first: Event, event: Event, accepted: tuple[int, str] | None, held: bool, home: Home) -> LoadState:
    outcome = accepted[1] if accepted else None
    status = (outcome if held else "superseded") if outcome else event["event"]
    if outcome is None and status in ("superseded", "restored"):
        status = "received"  # its acceptance was cut off by a kill
    delivery = Delivery(
        load_id=event["load_id"],
        extract_id=event["extract_id"],
        community=event["community"],
        partner=event["partner"],
        entity=event["entity"],
        school_year=event.get("school_year"),
        collection=event.get("collection"),
        sha256=event["sha256"],
        file_name=event["file_name"],
        landed=home.landed_file(event["sha256"], event["file_name"]),
        fingerprint=event.get("fingerprint", ""),
    )
    return LoadState(
        delivery=delivery,
        status=cast(Status, status),
        received_at=first["at"],
        at=event["at"],
        outcome=outcome,
        rows=event.get("rows"),
        quarantined=event.get("quarantined"),
        reason=event.get("reason"),
        seconds=event.get("seconds"),
    )


def _parsed(lines: bytes, path: Path, before: int) -> list[Event]:
    events = []
    for number, line in enumerate(lines.splitlines(), start=before + 1):
        try:
            event = json.loads(line)
            event["load_id"], event["event"], event["at"]
        except (ValueError, KeyError, TypeError) as error:
            raise MilepostError(
                "the line is not an event of the ledger",
                where=f"{path}:{number}",
                rule="The ledger is only ever appended to",
                next_step="Put back the ledger from a backup",
            ) from error
        events.append(event)
    return events


def _append_durably(path: Path, data: bytes) -> None:
    """Cut what a kill left of a line, write everything at once, and wait for the disk."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = _whole_lines(descriptor)
        os.ftruncate(descriptor, size)
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError(28, "No space left on device", str(path))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _whole_lines(descriptor: int) -> int:
    """The size of the file up to the end of its last whole line."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - 4096)
        cut = os.pread(descriptor, end - start, start).rfind(b"\n")
        if cut >= 0:
            return start + cut + 1
        end = start
    return 0
