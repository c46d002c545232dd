"""The ledger: an append-only file of what happened to every delivery, and the state that follows from it."""

import datetime as dt
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.lake.ledger_state import ACCEPTED as ACCEPTED
from ingestion.lake.ledger_state import Event as Event
from ingestion.lake.ledger_state import Fold
from ingestion.lake.ledger_state import LoadState as LoadState
from ingestion.lake.ledger_state import fold as fold

EVENTS = (
    "received",
    "split",
    *ACCEPTED,
    "rejected",
    "superseded",
    "withdrawn",
    "restored",
    "reopened",
    "outdated",
    "redacted",
    "purged",
)
_TAIL = 256
_KEPT = 8  # ledgers read in this process that are remembered; a deployment has one


class Ledger:
    """The ledger of a home; every method sees what other processes have appended so far.

    All ledgers of one path in this process share what was read: each line is parsed and folded once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._home = Home(path.parent)

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
        with _up_to_date(self.path) as read:
            return list(read.events)

    def state(self) -> list[LoadState]:
        """Where every delivery stands, in the order they were received."""
        with _up_to_date(self.path) as read:
            return read.fold.states()

    def load(self, load_id: str) -> LoadState | None:
        with _up_to_date(self.path) as read:
            return read.fold.state(load_id)

    def in_force(self, extract_id: str, school_year: int, collection: str) -> LoadState | None:
        """The accepted delivery that counts for this extract, school year and collection."""
        with _up_to_date(self.path) as read:
            return read.fold.holder((extract_id, school_year, collection))


@dataclass
class _Read:
    """What this process has read of a ledger: up to `offset`, before which stand the bytes `tail`."""

    fold: Fold
    events: list[Event] = field(default_factory=list)
    offset: int = 0
    tail: bytes = b""
    inode: int = 0


_reads: dict[Path, _Read] = {}
_reading = threading.Lock()


@contextmanager
def _up_to_date(path: Path) -> Iterator[_Read]:
    """What is known of a ledger once its new lines are read; another file under its name is read anew."""
    with _reading:
        read = _reads.get(path)
        try:
            with path.open("rb") as file:
                found = os.fstat(file.fileno())
                if read is None or not _continues(read, file.fileno(), found):
                    read = _remember(path, _Read(Fold(Home(path.parent)), inode=found.st_ino))
                if found.st_size > read.offset:
                    file.seek(read.offset)
                    _take(read, file.read(), path)
        except FileNotFoundError:
            read = _remember(path, _Read(Fold(Home(path.parent))))
        yield read


def _continues(read: _Read, descriptor: int, found: os.stat_result) -> bool:
    if found.st_ino != read.inode or found.st_size < read.offset:
        return False
    return os.pread(descriptor, len(read.tail), read.offset - len(read.tail)) == read.tail


def _remember(path: Path, read: _Read) -> _Read:
    _reads.pop(path, None)
    while len(_reads) >= _KEPT:
        _reads.pop(next(iter(_reads)))
    _reads[path] = read
    return read


def _take(read: _Read, fresh: bytes, path: Path) -> None:
    whole = fresh[: fresh.rfind(b"\n") + 1]
    events = _parsed(whole, path, len(read.events))
    for event in events:
        read.fold.add(event)
    read.events += events
    read.offset += len(whole)
    read.tail = (read.tail + whole)[-_TAIL:]


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
