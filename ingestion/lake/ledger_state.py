"""The state of every delivery, as it follows from the ledger's events."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast

from ingestion.home import Home
from ingestion.lake.delivery import Delivery

Event = dict[str, Any]
Slot = tuple[str, int | None, str | None]  # extract, school year, collection
Status = Literal[
    "received",
    "split",
    "accepted",
    "accepted_with_quarantine",
    "rejected",
    "superseded",
    "withdrawn",
    "outdated",
    "purged",
    "no_agreement",
]

ACCEPTED = ("accepted", "accepted_with_quarantine")


@dataclass(frozen=True)
class LoadState:
    """Where one delivery stands. `status` is an accepted one only while the delivery is in force.

    Of the rows `delivered` to the gate, `rows` were accepted and `quarantined` held back. A rejected delivery
    tells in `rows` too what was delivered.

    `split` is a file of several school years whose years have become deliveries of their own. `outdated` is
    one whose contract was edited before it was loaded: the same file waits as another delivery. `purged`:
    the delivery was destroyed. Where only rows of children were, its status stays, and the file as it was
    sent `is_landed` no more. `no_agreement`: a reader found that no live one covers what would be in force.
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
    delivered: int | None = None
    is_landed: bool = True

    @property
    def load_id(self) -> str:
        return self.delivery.load_id

    @property
    def slot(self) -> Slot:
        return self.delivery.extract_id, self.delivery.school_year, self.delivery.collection

    @property
    def in_force(self) -> bool:
        return self.status in ACCEPTED


class Fold:
    """The state that follows from events, one event at a time.

    In force for a slot is the delivery accepted last and not withdrawn or purged since. `superseded` and
    `restored` are for readers and decide nothing, so a ledger cut after any line still folds to one truth.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._events = 0
        self._first: dict[str, Event] = {}
        self._merged: dict[str, Event] = {}
        self._accepted: dict[Slot, dict[str, tuple[int, str]]] = {}  # load id -> position, outcome
        self._states: dict[str, LoadState] = {}  # made when asked for, dropped by a later event

    def add(self, event: Event) -> None:
        load_id, position = event["load_id"], self._events
        self._events += 1
        self._first.setdefault(load_id, event)
        known = {name: value for name, value in event.items() if value is not None}
        if event["event"] == "redacted" and load_id in self._merged:  # what it tells of is as it was
            known |= {name: self._merged[load_id][name] for name in ("event", "at")}
        merged = self._merged[load_id] = {**self._merged.get(load_id, {}), **known}
        of_slot = self._accepted.setdefault(_slot(merged), {})
        before = _last(of_slot)
        if event["event"] == "rejected":
            merged["delivered"] = known.get("rows")
        if event["event"] in ACCEPTED:
            merged["delivered"] = known.get("rows", 0) + known.get("quarantined", 0)
            merged["reason"] = event.get("reason")  # why it was once rejected is history now
            of_slot[load_id] = (position, event["event"])
        elif event["event"] in ("withdrawn", "purged"):
            of_slot.pop(load_id, None)
        elif event["event"] == "received":
            merged |= {"landing": None, "reason": None}  # sent again after it was destroyed
        elif event["event"] == "reopened":
            merged["reason"] = None  # as is why it was withdrawn
        for changed in (load_id, before, _last(of_slot)):
            self._states.pop(changed or "", None)

    def states(self) -> list[LoadState]:
        """Every delivery, in the order they were received."""
        return [self._state(load_id) for load_id in self._merged]

    def state(self, load_id: str) -> LoadState | None:
        return self._state(load_id) if load_id in self._merged else None

    def holder(self, slot: Slot) -> LoadState | None:
        """The delivery in force for a slot."""
        load_id = _last(self._accepted.get(slot, {}))
        return self._state(load_id) if load_id else None

    def _state(self, load_id: str) -> LoadState:
        if load_id not in self._states:
            event = self._merged[load_id]
            of_slot = self._accepted[_slot(event)]
            outcome = of_slot[load_id][1] if load_id in of_slot else None
            held = _last(of_slot) == load_id
            self._states[load_id] = _state(self._first[load_id], event, outcome, held, self._home)
        return self._states[load_id]


def fold(events: Iterable[Event], home: Home) -> list[LoadState]:
    """The state that follows from `events`; see `Fold`."""
    folded = Fold(home)
    for event in events:
        folded.add(event)
    return folded.states()


def _slot(event: Event) -> Slot:
    return event["extract_id"], event.get("school_year"), event.get("collection")


def _last(accepted: dict[str, tuple[int, str]]) -> str | None:
    return max(accepted, key=lambda load_id: accepted[load_id], default=None)


def _state(first: Event, event: Event, outcome: str | None, held: bool, home: Home) -> LoadState:
    status = (outcome if held else "superseded") if outcome else event["event"]
    if outcome is None and status in ("superseded", "restored", "reopened"):
        status = "received"  # its acceptance was cut off by a kill, or is to be decided anew
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
        delivered=event.get("delivered"),
        is_landed=event.get("landing") != "removed",
    )
