"""Landing: an immutable copy of every file received, under its content's hash, and what it delivers."""

import contextlib
import datetime as dt
import difflib
import hashlib
import os
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ingestion.community import Communities
from ingestion.contract import Contract, match_file
from ingestion.delivery import Delivery as Delivery
from ingestion.delivery import delivery_of
from ingestion.errors import ContractError, DeliveryError, UnexpectedFile
from ingestion.file_names import with_century
from ingestion.home import Home
from ingestion.lake_files import sync_folder
from ingestion.ledger import Event, Ledger, LoadState
from ingestion.readers.formats import format_of
from ingestion.readers.records import MAY_BE_EMPTY
from ingestion.yaml_file import near_miss

_CHUNK = 1 << 20


@dataclass(frozen=True)
class _Period:
    contract: Contract
    school_year: int | None
    collection: str | None


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

    `extract`, `school_year` and `collection` say what the file's name does not. Receiving the same file again
    changes nothing and returns the same deliveries; with `reopen`, one that was withdrawn waits to be loaded
    again. What came before is looked up in the home `known_to`, in this one if that is not given. A
    DeliveryError tells every reason for taking nothing in.
    """
    _refuse_unusable(home, path)
    contracts = [_contract(communities, extract)] if extract else _contracts_for(communities, path)
    _refuse_empty(path, contracts)
    periods = [_period(contract, path, school_year, collection) for contract in contracts]
    problems = [
        p
        for period in periods
        for p in (
            *_contradictions(period.contract, path, school_year, collection),
            *_problems(communities, period, path, today or dt.date.today()),
        )
    ]
    if problems:
        # two contracts for one file have much to say alike
        raise DeliveryError.of({str(problem): problem for problem in problems}.values())
    home.create()
    _sweep(home)
    temporary = home.staged / f"receiving-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        try:
            sha256 = _copy(path, temporary)
        except OSError as error:
            raise _not_copied(home, path, error) from None
        ledger = Ledger(home.ledger)
        before = Ledger((known_to or home).ledger).state()
        known = [state for state in before if state.delivery.sha256 == sha256]
        if not allow_same_content:
            _refuse_same_content(periods, known, path)
        landed = home.landed_file(sha256, path.name)
        deliveries = [_delivery(period, sha256, landed, known) for period in periods]
        if any(not delivery.landed.exists() for delivery in deliveries):
            _land(temporary, landed)
    finally:
        temporary.unlink(missing_ok=True)
    events = [event for delivery in deliveries for event in _taken_in(delivery, known)]
    events += [event for delivery in deliveries for event in _reopened(delivery, known)] if reopen else []
    if events:
        ledger.append(*events)
    return deliveries


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
    if all(s.load_id != delivery.load_id or s.status == "outdated" for s in same):
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


def _delivery(period: _Period, sha256: str, landed: Path, known: list[LoadState]) -> Delivery:
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


def _refuse_unusable(home: Home, path: Path) -> None:
    if link := _link_in_inbox(home, path):
        raise DeliveryError(
            "is a link, not a file",
            where=str(link),
            rule="What lies in the inbox is taken in itself; links in it are not followed",
            next_step="Copy the file there, or load it by its own name",
        )
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in str(path)):
        raise DeliveryError(
            "the file's name has a control character, or bytes that are not UTF-8",
            where=str(path).encode("unicode_escape").decode(),
            next_step="Rename the file",
        )
    if not path.exists():
        raise DeliveryError("the file is missing", where=str(path), next_step="Check its name and folder")
    if not path.is_file():
        raise DeliveryError("is not a file", where=str(path), next_step="Give the files in it one by one")


def _refuse_empty(path: Path, contracts: list[Contract]) -> None:
    """A file of lines has no headers, so nothing at all is how it says that nothing happened."""
    if path.stat().st_size:
        return
    are_lines = all(format_of(contract.reader, path.name) == "ndjson" for contract in contracts)
    if not (are_lines and any(contract.tolerance.empty for contract in contracts)):
        raise DeliveryError(
            "the file is empty",
            where=str(path),
            next_step=f"Ask the partner to send it again{MAY_BE_EMPTY if are_lines else ''}",
        )


def _link_in_inbox(home: Home, path: Path) -> Path | None:
    """The link that leads out of the inbox on the way to `path`: who may drop files may not name others'."""
    place = path.absolute()
    if not place.is_relative_to(home.inbox):
        return None
    steps = [place, *place.parents][: len(place.relative_to(home.inbox).parts)]
    return next((step for step in steps if step.is_symlink()), None)


def _contract(communities: Communities, extract: str) -> Contract:
    try:
        return communities.community_of(extract).contracts[extract]
    except ContractError as error:
        raise DeliveryError(error.what, next_step=error.next_step) from error


def _contracts_for(communities: Communities, path: Path) -> list[Contract]:
    contracts = communities.contracts_for(path.as_posix())
    if contracts:
        return contracts
    patterns = {pattern: extract for extract, c in communities.contracts.items() for pattern in c.patterns}
    close = difflib.get_close_matches(path.name.lower(), patterns, n=3, cutoff=0.3)
    nearest = ", ".join(f"'{pattern}' of {patterns[pattern]}" for pattern in close)
    dated = (path.with_name(name) for name in with_century(path.name))
    written_out = [other.name for other in dated if communities.contracts_for(other.as_posix())]
    if written_out:
        rule = f"Two-digit years are not read; '{written_out[0]}' would be"
    else:
        rule = f"The nearest patterns are {nearest}" if nearest else ""
    raise UnexpectedFile(
        "no contract expects a file of this name",
        where=str(path),
        rule=rule,
        next_step="Rename the file, say which extract it is (--extract), or write a contract",
    )


def _period(contract: Contract, path: Path, school_year: int | None, collection: str | None) -> _Period:
    found = match_file(contract, path.as_posix())
    year = school_year if school_year is not None else found.school_year if found else None
    part = collection or (found.collection if found else None)
    return _Period(contract, year, part or (None if contract.collection else "annual"))


def _contradictions(
    contract: Contract, path: Path, school_year: int | None, collection: str | None
) -> list[DeliveryError]:
    """What was told against what the file's name or the contract says.

    One of them is a slip, and taken for the truth it would supersede the right delivery of another year.
    """
    name, of_contract = match_file(contract, path.as_posix()), contract.constants
    told = (
        ("--school-year", school_year, name and name.school_year, of_contract.school_year),
        ("--collection", collection and collection.lower(), name and name.collection, of_contract.collection),
    )
    return [
        DeliveryError(
            f"{who} says {said}, {option} says {given}",
            where=str(path),
            rule="It is put in force for one of them, in the place of what is there",
            next_step=f"{step}, or leave {option} out",
        )
        for option, given, in_name, in_contract in told
        for said, who, step in (
            (in_name, "the file's name", "Rename the file"),
            (in_contract, f"the contract {contract.extract_id}", "Correct its value:"),
        )
        if given is not None and said is not None and given != said
    ]


def _problems(communities: Communities, period: _Period, path: Path, today: dt.date) -> list[DeliveryError]:
    """Why this file cannot be taken in as this extract, one error each."""
    contract, year, part = period.contract, period.school_year, period.collection
    community = communities.community_of(contract.extract_id)
    found = []
    if year is None and contract.school_year is None:
        what = f"neither the file's name nor the contract {contract.extract_id} says which school year it is"
        found.append((what, "", "Say it: --school-year 2025 for 2024-25"))
    if year is not None and year not in community.school_years:
        rule = f"{community.name} takes {community.school_years.first} to {community.school_years.last}"
        step = "Correct the file's name, or school_years in community.yml"
        found.append((f"the school year {year} is outside the community's range", rule, step))
    if part is not None and part not in community.collections:
        found.append((f"unknown collection '{part}'", "", near_miss(part, community.collections)))
    agreement = community.agreements[contract.agreement]
    if not agreement.is_live(today):
        when = (
            f"expired on {agreement.expires}"
            if today > agreement.expires
            else f"starts on {agreement.starts}"
        )
        what = f"the agreement '{contract.agreement}', which covers {contract.extract_id}, {when}"
        found.append((what, "Without a live agreement nothing is loaded", "Renew it in agreements.yml"))
    return [DeliveryError(what, where=str(path), rule=rule, next_step=step) for what, rule, step in found]


def _refuse_same_content(periods: list[_Period], known: list[LoadState], path: Path) -> None:
    """Last year's file under this year's name would be taken for this year's children.

    Within a school year the same content may come again: a roster that did not change since the winter. And
    years in which nothing happened are told by the same file.
    """
    for period in periods:
        if period.contract.school_year is not None or period.contract.collection is not None:
            continue
        for state in sorted(known, key=lambda one: not one.in_force):
            earlier = state.delivery
            same = earlier.school_year == period.school_year
            gone = state.status in ("rejected", "withdrawn")
            is_empty = period.contract.tolerance.empty and not state.rows
            if earlier.extract_id == period.contract.extract_id and not (same or gone or is_empty):
                since = " and superseded since" if state.status == "superseded" else ""
                or_withdraw = "" if since else f", withdraw {earlier.load_id} if that one was wrong"
                raise DeliveryError(
                    f"has the same content as '{earlier.file_name}', received on {state.received_at[:10]}"
                    f" as {earlier.extract_id} {earlier.period}{since}",
                    where=str(path),
                    rule="The same file hardly tells of two school years",
                    next_step=f"Ask for the right file{or_withdraw}, or say --same-content if nothing changed"
                    " between the years",
                )


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


def _not_copied(home: Home, path: Path, error: OSError) -> DeliveryError:
    """Whether the file cannot be read (gone meanwhile, no right to it) or its copy cannot be written."""
    why = os.strerror(error.errno) if error.errno else type(error).__name__
    if error.filename is not None and Path(error.filename) == path:
        return DeliveryError(
            f"cannot be read ({why})", where=str(path), next_step="Check its rights, and send it again"
        )
    return DeliveryError(
        f"cannot be copied to landing ({why})",
        where=str(path),
        rule="What was in force before still is",
        next_step=f"See to free disk space and the rights of {home.root}, then receive it again",
    )


def _land(temporary: Path, landed: Path) -> None:
    landed.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(landed)
    sync_folder(landed.parent)
    sync_folder(landed.parent.parent)


def _sweep(home: Home) -> None:
    """Remove half copies of processes that are gone."""
    for leftover in home.staged.glob("receiving-*"):
        pid = int(leftover.name.split("-")[1])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            with contextlib.suppress(FileNotFoundError):
                leftover.unlink()
        except PermissionError:
            continue
