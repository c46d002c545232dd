"""What an archive holds of what its layout says, and what it tells of itself as a whole."""

import datetime as dt
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import duckdb

from ingestion.contracts.columns import Tolerance, YearOrigin
from ingestion.contracts.contract import Contract
from ingestion.contracts.layout import Layout, Manifest, layout_files, load_layout
from ingestion.errors import MilepostError, ReadError
from ingestion.landing.archive import member_names
from ingestion.mapping.parsing import SCHOOL_YEAR_BEGINS
from ingestion.readers import read_source
from ingestion.readers.unpacking import is_member, unpack
from ingestion.sql_text import identifier, literal
from ingestion.wording import listed

DELTA, ABSENT = "delta", "absent"


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


def refuse_other_members(path: Path, contract: Contract) -> None:
    """ReadError unless an archive holds the members that its layout requires, and none it does not know.

    Where the layout has a manifest, it must tell of the same files as lie in the archive.
    """
    layout = load_layout(contract.layout) if contract.layout else None
    if layout is None or not layout.is_archive:
        return
    names = [name for name in member_names(path) if is_member(name, "*")]
    if not names:
        raise ReadError(
            f"is not a zip file that can be read, which a delivery of {layout.title} is",
            where=path.name,
            next_step="Ask the partner for the whole export, as a zip file or a folder",
        )
    problems = [
        *_unreadable_manifest(path, layout, names),
        *_absent(path, layout, names),
        *_unknown(path, layout, names),
    ]
    if problems:
        raise ReadError.of(problems)


def is_delta(path: Path, contract: Contract) -> bool:
    """Whether a table of a delivery holds only what changed since the one before."""
    layout = load_layout(contract.layout) if contract.layout else None
    if layout is None:
        return False
    if layout.is_delta is not None and layout.is_delta.member:
        return _greatest(path, layout.is_delta.member, layout.is_delta.sql) == "1"
    return _sent(path, layout).get(PurePosixPath(contract.member or "").stem.lower()) == DELTA


def told_school_year(path: Path, contract: Contract) -> int | None:
    """The school year of the last day that a delivery of a layout tells of; None if it tells none.

    Raises ReadError where the day stands in a file that is not what the layout says.
    """
    layout = load_layout(contract.layout) if contract.layout else None
    if layout is None or layout.last_day is None:
        return None
    told = layout.last_day
    if told.member is None:
        day = _greatest_of_file(path, contract, told.sql) or ""
    else:
        day = _greatest(path, told.member, told.sql) or ""
    try:
        last = dt.date.fromisoformat(day[:10])
    except ValueError:
        return None
    return last.year + (last.month >= SCHOOL_YEAR_BEGINS)


def member_of_last_day(contract: Contract) -> str | None:
    """The member of a layout's archive that tells its last day, and so its school year."""
    layout = load_layout(contract.layout) if contract.layout else None
    return layout.last_day.member if layout and layout.last_day else None


def _absent(path: Path, layout: Layout, names: Sequence[str]) -> list[ReadError]:
    """Members that the layout or the manifest promises, and the archive has not."""
    required = [e.member for e in layout.extracts if e.required and e.member]
    required += [layout.manifest.member] if layout.manifest else []
    absent = [member for member in required if not any(is_member(name, member) for name in names)]
    stems = {PurePosixPath(name).stem.lower() for name in names}
    read = {PurePosixPath(extract.member or "").stem.lower() for extract in layout.extracts}
    sent = {name: how for name, how in _sent(path, layout).items() if name in read}
    promised = [name for name, how in sent.items() if how != ABSENT and name not in stems]
    step = "Ask the partner for the whole export"
    problems = []
    if absent:
        rule = f"Every delivery of {layout.title} has {listed(required)}"
        problems.append(
            ReadError(f"the archive has no {listed(absent)}", where=path.name, rule=rule, next_step=step)
        )
    if promised := [name for name in promised if not any(is_member(f"{name}.csv", m) for m in absent)]:
        what = f"the manifest promises {listed(promised)}, which the archive has not"
        problems.append(ReadError(what, where=path.name, next_step=step))
    return problems


def _unknown(path: Path, layout: Layout, names: Sequence[str]) -> list[ReadError]:
    """Members that the layout does not know, or that the manifest calls absent."""
    known = [extract.member for extract in layout.extracts if extract.member]
    beside = [*layout.beside, *([layout.manifest.member] if layout.manifest else [])]
    others = [name for name in names if not any(is_member(name, member) for member in (*known, *beside))]
    sent = _sent(path, layout)
    denied = [
        name
        for name in names
        if any(is_member(name, member) for member in known)
        and sent.get(PurePosixPath(name).stem.lower()) == ABSENT
    ]
    problems = []
    if others:
        what = f"the archive has a member that {layout.title} does not know: {listed(others)}"
        rule = f"Known are {listed([*known, *beside], most=40)}"
        step = "Ask what it is for, and for an archive without it"
        if versions := _that_know(others, layout):
            step = f"Say `layout: {versions[0]}` if it is of that version. {step}"
        problems.append(ReadError(what, where=path.name, rule=rule, next_step=step))
    if denied:
        what = f"the archive has {listed(denied)}, which its manifest calls absent"
        step = "Ask the partner which of the two is right"
        problems.append(ReadError(what, where=path.name, next_step=step))
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


def _sent(path: Path, layout: Layout) -> dict[str, str]:
    """Name of a file, lower case and without its ending -> bulk, delta or absent, as the manifest says."""
    manifest = layout.manifest
    if manifest is None:
        return {}
    if manifest.records is not None:
        return dict.fromkeys(_listed_in_json(path, manifest) or (), "bulk")
    columns = f"{identifier(manifest.name)}, lower(trim({identifier(manifest.value)}))"
    rows = _select(path, manifest.member, f"select {columns} from {{rows}}")
    named = [(str(name), str(value)) for name, value in rows if str(name).startswith(manifest.prefix)]
    return {name.removeprefix(manifest.prefix).strip().lower(): value for name, value in named}


def _listed_in_json(path: Path, manifest: Manifest) -> list[str] | None:
    """Names of the files that a manifest of JSON lists, lower case and without endings; None if it lists
    none."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = unpack(path, manifest.member, Path(folder))[0].path
            records = json.loads(file.read_text(encoding="utf-8-sig"))[manifest.records]
            names = [record[manifest.name] for record in records]
            return [PurePosixPath(name).stem.lower() for name in names] or None
    except (MilepostError, OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _unreadable_manifest(path: Path, layout: Layout, names: Sequence[str]) -> list[ReadError]:
    """A manifest of JSON that is there and says nothing."""
    manifest = layout.manifest
    if manifest is None or manifest.records is None:
        return []
    if not any(is_member(name, manifest.member) for name in names) or _listed_in_json(path, manifest):
        return []
    return [
        ReadError(
            f"{manifest.member} lists no files under '{manifest.records}'",
            where=path.name,
            rule=f"{layout.title} names each of its files there, as '{manifest.name}'",
            next_step="Ask the partner for the export with the manifest that belongs to it",
        )
    ]


def _greatest_of_file(path: Path, contract: Contract, expression: str) -> str | None:
    """The greatest value of an expression over a file that is no archive; nothing else of it is read."""
    day = YearOrigin(sql=expression)
    only: dict[str, object] = {"columns": {}, "unpivot": None, "rows": None, "school_year": day}
    known = (*contract.ignore, *contract.file_headers)
    reading = contract.model_copy(update={**only, "ignore": known, "tolerance": Tolerance(empty=True)})
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as con:
        table = read_source(con, path, [reading], scratch=Path(folder))
        try:
            rows = con.execute(f"select max({expression})::varchar from {table}").fetchall()
        except duckdb.Error:  # a header is not there
            return None
    return str(rows[0][0]) if rows[0][0] is not None else None


def _greatest(path: Path, member: str, expression: str) -> str | None:
    """The greatest value of an expression over the rows of one member; None where it cannot be read."""
    rows = _select(path, member, f"select max({expression})::varchar from {{rows}}")
    return rows[0][0] if rows else None


def _select(path: Path, member: str, query: str) -> list[tuple[str | None, ...]]:
    """What a query over the rows of a CSV member gives; nothing where it cannot be read."""
    if not any(is_member(name, member) for name in member_names(path)):
        return []
    try:
        with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as con:
            file = unpack(path, member, Path(folder))[0].path
            rows = f"read_csv({literal(str(file))}, all_varchar = true, header = true, delim = ',')"
            return con.execute(query.format(rows=rows)).fetchall()
    except (duckdb.Error, MilepostError, OSError):  # reading it for the gate tells what is wrong with it
        return []
