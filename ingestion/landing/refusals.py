"""Why a file is not taken in: its name and bytes, what was told of it, what came before."""

import datetime as dt
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingestion.configuration.community import Communities
from ingestion.configuration.community_file import NO_AGREEMENT_NO_LOAD
from ingestion.contracts.contract import Contract, match_file
from ingestion.errors import DeliveryError, ReadError
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.ledger import LoadState
from ingestion.landing.archive_contents import member_of_last_day, refuse_other_members
from ingestion.landing.archive_facts import ArchiveFacts
from ingestion.readers.formats import format_of
from ingestion.readers.records import MAY_BE_EMPTY
from ingestion.yaml_file import near_miss


@dataclass(frozen=True)
class Period:
    """What a file tells of itself under one contract; None for a year or collection that its rows tell."""

    contract: Contract
    school_year: int | None
    collection: str | None

    def is_of(self, delivery: Delivery) -> bool:
        """Whether a delivery may be of this period; None fits every year and collection."""
        return (
            delivery.extract_id == self.contract.extract_id
            and self.school_year in (None, delivery.school_year)
            and self.collection in (None, delivery.collection)
        )


def period_of(
    contract: Contract,
    path: Path,
    school_year: int | None,
    collection: str | None,
    of_content: Callable[[Contract], int | None] = lambda _: None,
) -> Period:
    """The period of a file: as it was told, else as its name says or its content, else as its rows will."""
    found = match_file(contract, path.as_posix())
    year = school_year if school_year is not None else found.school_year if found else None
    if year is None:
        year = of_content(contract)
    part = collection or (found.collection if found else None)
    return Period(contract, year, part or (None if contract.collection else "annual"))


def year_of_content(home: Home, file: Path) -> Callable[[Contract], int | None]:
    """The school year that a file's content tells under a contract of a layout, read once for all of them.

    Where an archive should tell it and does not, what is wrong with the archive is the reason. What is
    unpacked on the way lies in the home, which is made for it: its owner's alone from the first file on.
    """
    known: dict[str | None, int | None] = {}

    def year(contract: Contract) -> int | None:
        if contract.bundle not in known:
            known[contract.bundle] = (
                _told(ArchiveFacts(file, contract, home.create().spill)) if contract.layout else None
            )
        return known[contract.bundle]

    return year


def _told(facts: ArchiveFacts) -> int | None:
    try:
        year = facts.school_year()
        if year is None:
            refuse_other_members(facts)
        return year
    except ReadError as error:
        problems = (
            DeliveryError(e.what, where=e.where, rule=e.rule, next_step=e.next_step) for e in error.singles()
        )
        raise DeliveryError.of(problems) from None


def refuse_unusable(home: Home, path: Path) -> None:
    """What is no file, or has a name that nobody could be told."""
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


def of_its_folder(
    home: Home, communities: Communities, path: Path, contracts: list[Contract]
) -> list[Contract]:
    """In a partner's folder of the inbox its own contracts: who may drop files there speaks for one partner.

    DeliveryError where by its name a file is others' alone.
    """
    place = path.absolute()
    folders = place.relative_to(home.inbox).parts[:-1] if place.is_relative_to(home.inbox) else ()
    partners = {partner.lower(): partner for partner in communities.partners}
    # the outermost, since what lies below it may be of the partner's making
    owner = next((partners[folder.lower()] for folder in folders if folder.lower() in partners), None)
    own = [contract for contract in contracts if contract.partner == owner]
    if owner is None or own or not contracts:
        return own or contracts
    others = sorted({contract.partner for contract in contracts})
    raise DeliveryError(
        f"is by its name a file of {', '.join(others)}, and lies in the folder of {owner}",
        where=str(path),
        rule="In a partner's folder of the inbox lie files of that partner alone",
        next_step=f"Move it to {home.inbox / others[0]}, or write a pattern of {owner}'s that fits it",
    )


def refuse_folder(path: Path, contracts: list[Contract]) -> None:
    """A folder, or what is neither file nor folder, that is not the delivery of a layout of several files."""
    if path.is_file() or (path.is_dir() and any(c.bundle and c.member for c in contracts)):
        return
    raise DeliveryError("is not a file", where=str(path), next_step="Give the files in it one by one")


def refuse_empty(path: Path, contracts: list[Contract]) -> None:
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


def _problems(communities: Communities, period: Period, path: Path, today: dt.date) -> list[DeliveryError]:
    """Why this file cannot be taken in as this extract, one error each."""
    contract, year, part = period.contract, period.school_year, period.collection
    community = communities.community_of(contract.extract_id)
    found = []
    if year is None and contract.school_year is None:
        named = contract.bundle or contract.extract_id
        what = f"neither the file's name nor the contract {named} says which school year it is"
        member, step = member_of_last_day(contract), "Say it: --school-year 2025 for 2024-25"
        rule = f"{member} tells the last day, and there is none in this file" if member else ""
        found.append((what, rule, f"Ask for the whole export. {step}" if member else step))
    if year is not None and year not in community.school_years:
        rule = f"{community.name} takes {community.school_years.first} to {community.school_years.last}"
        step = "Correct the file's name, or school_years in community.yml"
        found.append((f"the school year {year} is outside the community's range", rule, step))
    if part is not None and part not in community.collections:
        found.append((f"unknown collection '{part}'", "", near_miss(part, community.collections)))
    agreement = community.agreements[contract.agreement]
    if not agreement.is_live(today):
        what, step = agreement.why_not_live(contract.agreement, contract.bundle or contract.extract_id, today)
        found.append((what, NO_AGREEMENT_NO_LOAD, step))
    return [DeliveryError(what, where=str(path), rule=rule, next_step=step) for what, rule, step in found]


def refuse_periods(
    communities: Communities,
    periods: list[Period],
    path: Path,
    told: tuple[int | None, str | None],
    today: dt.date,
) -> None:
    """Refuse a file for all that is wrong with its periods; `told` are year and collection as asked for."""
    problems = [
        problem
        for period in periods
        for problem in (
            *_contradictions(period.contract, path, *told),
            *_problems(communities, period, path, today),
        )
    ]
    if problems:
        # two contracts for one file have much to say alike
        raise DeliveryError.of({str(problem): problem for problem in problems}.values())


def refuse_same_content(periods: list[Period], known: list[LoadState], path: Path) -> None:
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
            gone = state.status in ("rejected", "withdrawn", "purged")
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
