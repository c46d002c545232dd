"""Landing: an immutable copy of every file received, under its content's hash, and what it delivers."""

import contextlib
import datetime as dt
import difflib
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from ingestion.attempts import left_behind
from ingestion.configuration.community import Communities
from ingestion.contracts.contract import Contract
from ingestion.contracts.file_names import with_century
from ingestion.errors import ContractError, DeliveryError, UnexpectedFile
from ingestion.home import Home
from ingestion.lake.delivery import Delivery as Delivery
from ingestion.lake.delivery import delivery_of
from ingestion.lake.files import sync_folder
from ingestion.lake.ledger import Event, Ledger, LoadState
from ingestion.landing.archive import as_file, named_as
from ingestion.landing.archive_contents import present
from ingestion.landing.refusals import (
    Period,
    of_its_folder,
    period_of,
    refuse_empty,
    refuse_folder,
    refuse_periods,
    refuse_same_content,
    refuse_unusable,
    year_of_content,
)

_CHUNK = 1 << 20
RECEIVING = "receiving-"


def receive(
    home: Home,
    communities: Communities,
    path: Path,
    *,
    extract: str | None = None,
    school_year: int | None = None,
    collection: str | None = None,
    allow_same_content: bool = False,
    reopen: bool = False,
    known_to: Home | None = None,
    today: dt.date | None = None,
) -> list[Delivery]:
    """Take a file in: copy it to landing, write `received` to the ledger, return one delivery per contract.

    A folder is taken in as the zip file of what lies in it. `extract`, `school_year` and `collection` say
    what the file's name does not; `extract` may name the contract of a layout (`partner.layout`), and so all
    its extracts. Receiving the same file again changes nothing and returns the same deliveries; with
    `reopen`, one that was withdrawn waits to be loaded again. What came before is looked up in the home
    `known_to`, in this one if that is not given. A DeliveryError tells every reason for taking nothing in.
    """
    refuse_unusable(home, path)
    name = named_as(path)
    contracts = _contracts_of(known_to or home, communities, path, name, extract)
    with as_file(home, path) as file:
        contracts = present(file, contracts)
        refuse_empty(file, contracts)
        told = (school_year, collection)
        of_content = year_of_content(home, file)
        periods = [period_of(contract, name, *told, of_content) for contract in contracts]
        refuse_periods(communities, periods, name, told, today or dt.date.today())
        home.create()
        with _copied(home, file, name) as (temporary, sha256):
            before = Ledger((known_to or home).ledger).state()
            known = [state for state in before if state.delivery.sha256 == sha256]
            if not allow_same_content:
                refuse_same_content(periods, known, name)
            deliveries = _landed(home, periods, name, temporary, sha256, known)
    _tell_ledger(home, deliveries, known, reopen=reopen)
    return deliveries


def _contracts_of(
    home: Home, communities: Communities, path: Path, name: Path, extract: str | None
) -> list[Contract]:
    """The contracts that a file is received under: those of the extract that is said, else of its name."""
    if extract:
        contracts = _named(communities, extract)
    else:
        contracts = of_its_folder(home, communities, path, communities.contracts_for(name.as_posix()))
    refuse_folder(path, contracts)
    if not contracts:
        raise _unexpected(communities, path)
    return contracts


def _landed(
    home: Home, periods: list[Period], name: Path, temporary: Path, sha256: str, known: list[LoadState]
) -> list[Delivery]:
    """The delivery of each period; the copy is moved to landing, unless every one of them lies there."""
    landed = home.landed_file(sha256, name.name)
    deliveries = [_delivery(period, sha256, landed, known) for period in periods]
    # of a file that told of a child who was purged, what it delivered is kept and the file itself is not
    removed = {state.load_id for state in known if not state.is_landed and state.status != "purged"}
    if any(not d.landed.exists() and d.load_id not in removed for d in deliveries):
        _land(temporary, landed)
    return deliveries


def _tell_ledger(home: Home, deliveries: list[Delivery], known: list[LoadState], *, reopen: bool) -> None:
    """Write into the ledger what is new of these deliveries, all at once."""
    events = [event for delivery in deliveries for event in _taken_in(delivery, known)]
    events += [event for delivery in deliveries for event in _reopened(delivery, known)] if reopen else []
    if events:
        Ledger(home.ledger).append(*events)


def _remove(leftover: Path) -> None:
    if leftover.is_dir():
        shutil.rmtree(leftover, ignore_errors=True)
    else:
        leftover.unlink(missing_ok=True)


def under_contract(home: Home, contract: Contract, delivery: Delivery) -> Delivery:
    """A delivery received earlier, as it is under the contract's wording of today; the ledger hears of it.

    Its load id is another one if the contract was edited since, so that what is loaded and what is told of
    it always belong to the rules it was judged by.
    """
    if delivery.fingerprint == contract.fingerprint:
        return delivery
    current = delivery_of(
        contract, delivery.school_year, delivery.collection, delivery.sha256, delivery.landed
    )
    ledger = Ledger(home.ledger)
    events = _taken_in(current, [s for s in ledger.state() if s.delivery.sha256 == delivery.sha256])
    if events:
        ledger.append(*events)
    return current


def _taken_in(delivery: Delivery, known: list[LoadState]) -> list[Event]:
    """What the ledger is to hear of a delivery: that it came, and that earlier wordings no longer wait."""
    slot = (delivery.extract_id, delivery.school_year, delivery.collection)
    same = [state for state in known if state.slot == slot]
    waited = [s.delivery for s in same if s.status == "received" and s.load_id != delivery.load_id]
    events = [other.event("outdated", reason=f"by {delivery.load_id}") for other in waited]
    if all(s.load_id != delivery.load_id or s.status in ("outdated", "purged") for s in same):
        events.append(delivery.event("received"))
    return events


def _reopened(delivery: Delivery, known: list[LoadState]) -> list[Event]:
    """What undoes a withdrawal: it waits for the gate again, and so do the years split off it."""
    same = [
        state
        for state in known
        if state.delivery.extract_id == delivery.extract_id
        and state.delivery.fingerprint == delivery.fingerprint
        and (state.load_id == delivery.load_id or delivery.period == "several")
    ]
    if not any(state.status == "withdrawn" for state in same):
        return []
    return [state.delivery.event("reopened") for state in same if state.status in ("withdrawn", "split")]


def _delivery(period: Period, sha256: str, landed: Path, known: list[LoadState]) -> Delivery:
    """The delivery of a period, or the one it already was.

    Content that other content superseded does not come back because its contract was edited since: a newer
    delivery is in force, and the old file may simply still lie in the inbox.
    """
    delivery = delivery_of(period.contract, period.school_year, period.collection, sha256, landed)
    slot = (delivery.extract_id, delivery.school_year, delivery.collection)
    same = {state.load_id: state for state in known}
    if delivery.load_id in same:
        return same[delivery.load_id].delivery
    if any(state.slot == slot and state.in_force for state in known):
        return delivery  # these very bytes are in force, under an earlier wording of the contract
    superseded = [state for state in known if state.slot == slot and state.status == "superseded"]
    return superseded[0].delivery if superseded else delivery


def _named(communities: Communities, extract: str) -> list[Contract]:
    """The contract of an extract, or those of a layout by its `partner.layout`."""
    if bundled := [c for c in communities.contracts.values() if c.bundle == extract]:
        return bundled
    try:
        return [communities.community_of(extract).contracts[extract]]
    except ContractError as error:
        raise DeliveryError(error.what, next_step=error.next_step) from error


def _unexpected(communities: Communities, path: Path) -> UnexpectedFile:
    """The refusal of a file that no contract expects, with what its name comes near to."""
    nearest = _nearest_patterns(communities, path.name)
    dated = [path.with_name(name) for name in with_century(path.name)]
    written_out = [other.name for other in dated if communities.contracts_for(other.as_posix())]
    if written_out:
        rule = f"Two-digit years are not read; '{written_out[0]}' would be"
    else:
        is_short = dated and not re.search(r"(?<!\d)(19|20)\d\d", path.name)
        rules = ["A year of two digits is not read as a school year"] if is_short else []
        rules += [f"The nearest patterns are {', '.join(nearest)}"] if nearest else []
        rule = ". ".join(rules)
    return UnexpectedFile(
        "no contract expects a file of this name",
        where=str(path),
        rule=rule,
        next_step="Rename the file, say which extract it is (--extract), or write a contract",
    )


def _nearest_patterns(communities: Communities, name: str) -> list[str]:
    """The patterns that a file's name comes near to, with their extracts: by their words alone, since every
    name ends alike and has a year somewhere."""
    words = {
        (pattern, extract): _words(re.sub(r"\{\w+\}", "", pattern))
        for extract, contract in communities.contracts.items()
        for pattern in contract.patterns
    }
    close = difflib.get_close_matches(_words(name), set(words.values()), n=3, cutoff=0.6)
    found = [near for near in words if words[near] in close]
    # of patterns of the same words, the one that is most like the name as a whole
    found.sort(key=lambda near: -difflib.SequenceMatcher(None, name.lower(), near[0].lower()).ratio())
    found.sort(key=lambda near: close.index(words[near]))
    return [f"'{pattern}' of {extract}" for pattern, extract in found[:3]]


def _words(name: str) -> str:
    return re.sub(r"[\W\d_]+", " ", Path(name.lower()).stem).strip()


@contextlib.contextmanager
def _copied(home: Home, path: Path, name: Path) -> Iterator[tuple[Path, str]]:
    """A read-only copy on disk and its hash; what is not moved away in the block is removed after it."""
    for leftover in left_behind(home.staged, RECEIVING):
        _remove(leftover)
    temporary = home.staged / f"{RECEIVING}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        try:
            sha256 = _copy(path, temporary)
        except OSError as error:
            raise _not_copied(home, path, name, error) from None
        yield temporary, sha256
    finally:
        temporary.unlink(missing_ok=True)


def _copy(path: Path, temporary: Path) -> str:
    """Copy and hash in one pass; the copy is on disk and read-only when this returns."""
    digest, before = hashlib.sha256(), path.stat()
    with path.open("rb") as source, temporary.open("xb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise DeliveryError(
            "the file changed while it was read",
            where=str(path),
            next_step="Receive it again when it is complete",
        )
    temporary.chmod(0o444)
    return digest.hexdigest()


def _not_copied(home: Home, path: Path, name: Path, error: OSError) -> DeliveryError:
    """Whether the file cannot be read (gone meanwhile, no right to it) or its copy cannot be written."""
    why = os.strerror(error.errno) if error.errno else type(error).__name__
    if error.filename is not None and Path(error.filename) == path:
        return DeliveryError(
            f"cannot be read ({why})", where=str(name), next_step="Check its rights, and send it again"
        )
    return DeliveryError(
        f"cannot be copied to landing ({why})",
        where=str(name),
        rule="What was in force before still is",
        next_step=f"See to free disk space and the rights of {home.root}, then receive it again",
    )


def _land(temporary: Path, landed: Path) -> None:
    landed.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(landed)
    sync_folder(landed.parent)
    sync_folder(landed.parent.parent)
