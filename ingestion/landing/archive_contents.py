"""What an archive holds of what its layout says: all that it requires, and nothing else."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from ingestion.contracts.contract import Contract
from ingestion.contracts.layout import Layout, layout_files, load_layout
from ingestion.errors import ReadError
from ingestion.landing.archive import member_names
from ingestion.landing.archive_facts import ABSENT, BULK, DELTA, ArchiveFacts
from ingestion.readers.unpacking import in_words, is_member, opened_zip
from ingestion.wording import listed


def present(path: Path, contracts: Sequence[Contract]) -> list[Contract]:
    """Without the contracts of layouts whose member a zip has not, and could be whole without."""
    names = member_names(path)
    if not names:
        return [*contracts]
    return [
        contract
        for contract in contracts
        if contract.bundle is None
        or contract.is_required
        or any(is_member(name, contract.member) for name in names)
    ]


def refuse_other_members(facts: ArchiveFacts) -> None:
    """ReadError unless an archive holds the members that its layout requires, and none it does not know.

    Where the layout has a manifest, it must tell of the same files as lie in the archive.
    """
    layout = facts.layout
    if layout is None or not layout.is_archive:
        return
    if not facts.names:
        if zipfile.is_zipfile(facts.path):
            with opened_zip(facts.path):  # tells why none can be listed
                pass
        raise ReadError(
            f"is not a zip file that can be read, which a delivery of {layout.title} is",
            where=facts.path.name,
            next_step="Ask the partner for the whole export, as a zip file or a folder",
        )
    try:
        _ = facts.is_delta, facts.sent
    except ReadError as error:
        raise ReadError.of([*error.singles(), *_absent(facts, layout, {})]) from None
    problems = [
        *_silent_manifest(facts, layout),
        *_absent(facts, layout, facts.sent),
        *_repeated(facts, layout),
        *_unknown(facts, layout),
    ]
    if problems:
        raise ReadError.of(problems)


def member_of_last_day(contract: Contract) -> str | None:
    """The member of a layout's archive that tells its last day, and so its school year."""
    layout = load_layout(contract.layout) if contract.layout else None
    return layout.last_day.member if layout and layout.last_day else None


def _absent(facts: ArchiveFacts, layout: Layout, sent: Mapping[str, str]) -> list[ReadError]:
    """Members that the layout or the manifest promises, and the archive has not."""
    required = [e.member for e in layout.extracts if e.required and e.member]
    required += [layout.manifest.member] if layout.manifest else []
    absent = [member for member in required if not facts.has(member)]
    stems = {PurePosixPath(name).stem.lower() for name in facts.names}
    read = _stems_read(layout)
    promised = [name for name, how in sent.items() if name in read and how != ABSENT and name not in stems]
    step = "Ask the partner for the whole export"
    problems = []
    if absent:
        rule = f"Every delivery of {layout.title} has {listed([*map(in_words, required)])}"
        what = f"the archive has no {listed([*map(in_words, absent)])}"
        problems.append(ReadError(what, where=facts.path.name, rule=rule, next_step=step))
    if promised := [name for name in promised if not any(is_member(f"{name}.csv", m) for m in absent)]:
        what = f"the manifest promises {listed(promised)}, which the archive has not"
        problems.append(ReadError(what, where=facts.path.name, next_step=step))
    return problems


def _stems_read(layout: Layout) -> set[str]:
    """Names of the tables that are taken, as a manifest calls them."""
    members = [extract.member for extract in layout.extracts if extract.member]
    return {PurePosixPath(one).stem.lower() for member in members for one in member.split("|")}


def _repeated(facts: ArchiveFacts, layout: Layout) -> list[ReadError]:
    """A table that is one file, of which the archive has two: a copy in a subfolder, or of last year."""
    single = [extract.member for extract in layout.extracts if extract.member and "*" not in extract.member]
    single += [layout.manifest.member] if layout.manifest else []
    twice = {m: found for m in single if len(found := [n for n in facts.names if is_member(n, m)]) > 1}
    return [
        ReadError(
            f"the archive has {in_words(member)} {len(found)} times: {listed(found)}",
            where=facts.path.name,
            rule=f"A table of {layout.title} is one file",
            next_step="Ask which of them counts, and for an archive without the others",
        )
        for member, found in twice.items()
    ]


def _unknown(facts: ArchiveFacts, layout: Layout) -> list[ReadError]:
    """Members that the layout does not know, or that the manifest calls absent."""
    known = [extract.member for extract in layout.extracts if extract.member]
    beside = [*layout.beside, *([layout.manifest.member] if layout.manifest else [])]
    others = [name for name in facts.names if not any(is_member(name, m) for m in (*known, *beside))]
    denied = [
        name
        for name in facts.names
        if any(is_member(name, member) for member in known)
        and facts.sent.get(PurePosixPath(name).stem.lower()) == ABSENT
    ]
    problems = []
    if others:
        what = f"the archive has a member that {layout.title} does not know: {listed(others)}"
        rule = f"Known are {listed([*map(in_words, [*known, *beside])], most=40)}"
        step = "Ask what it is for, and for an archive without it"
        if versions := _that_know(others, layout):
            step = f"Say `layout: {versions[0]}` if it is of that version. {step}"
        problems.append(ReadError(what, where=facts.path.name, rule=rule, next_step=step))
    if denied:
        what = f"the archive has {listed(denied)}, which its manifest calls absent"
        step = "Ask the partner which of the two is right"
        problems.append(ReadError(what, where=facts.path.name, next_step=step))
    return problems


def _that_know(members: Sequence[str], layout: Layout) -> list[str]:
    """Other layouts of the same standard that have all these members."""
    found = []
    for name, path in layout_files().items():
        other = load_layout(name)
        if path.parent.name == layout.standard and name != layout.layout:
            patterns = [*other.beside, *(extract.member for extract in other.extracts if extract.member)]
            if all(any(is_member(member, pattern) for pattern in patterns) for member in members):
                found.append(name)
    return found


def _silent_manifest(facts: ArchiveFacts, layout: Layout) -> list[ReadError]:
    """A manifest that is there and does not say how the files were sent."""
    manifest = layout.manifest
    if manifest is None or not facts.has(manifest.member):
        return []
    step = "Ask the partner for the export with the manifest that belongs to it"
    if not facts.sent:
        under = f" under '{manifest.records}'" if manifest.records else ""
        what = f"{manifest.member} lists no files{under}"
        named = f"'{manifest.name}'" if manifest.records else f"'{manifest.prefix}...' in '{manifest.name}'"
        rule = f"{layout.title} names each of its files there, as {named}"
        return [ReadError(what, where=facts.path.name, rule=rule, next_step=step)]
    unclear = [
        n for n, how in facts.sent.items() if n in _stems_read(layout) and how not in (BULK, DELTA, ABSENT)
    ]
    if not unclear:
        return []
    what = f"{manifest.member} does not say how {listed(unclear)} was sent"
    rule = f"Known are {BULK}, {DELTA} and {ABSENT}"
    return [ReadError(what, where=facts.path.name, rule=rule, next_step=step)]
