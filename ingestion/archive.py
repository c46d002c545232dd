"""Archives: what a delivery of several files holds and tells, and the zip file that a folder becomes."""

import datetime as dt
import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingestion.contract import Contract
from ingestion.errors import DeliveryError, MilepostError, ReadError
from ingestion.home import Home
from ingestion.layout import Told, load_layout
from ingestion.readers.unpacking import is_member, unpack
from ingestion.sql_text import literal
from ingestion.wording import listed

SCHOOL_YEAR_BEGINS = 7  # July
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip file can tell: equal files make equal archives
PACKING = "receiving-"


def member_names(path: Path) -> list[str]:
    """The files in a zip; none for any other file, and for one that cannot be read."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        return [info.filename for info in archive.infolist() if not info.is_dir()]


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
    """ReadError unless an archive holds the members that its layout requires, and none it does not know."""
    layout = load_layout(contract.layout) if contract.layout else None
    if layout is None or not layout.is_archive:
        return
    names = member_names(path)
    if not names:
        raise ReadError(
            f"is not a zip file that can be read, which {layout.title} is",
            where=path.name,
            next_step="Ask the partner for the whole export, as a zip file or a folder",
        )
    wanted = [extract.member for extract in layout.extracts if extract.member]
    absent = [
        e.member for e in layout.extracts if e.required and not any(is_member(n, e.member) for n in names)
    ]
    known = [*wanted, *layout.beside]
    others = [name for name in names if is_member(name, "*") and not any(is_member(name, k) for k in known)]
    problems = []
    if absent:
        rule = f"{layout.title} has {listed([str(name) for name in absent])} in every delivery"
        what = f"the archive has no {listed([str(name) for name in absent])}"
        problems.append(ReadError(what, where=path.name, rule=rule, next_step="Ask for the whole export"))
    if others:
        what = f"the archive has a member that {layout.title} does not know: {listed(others)}"
        rule = f"Known are {listed(known, most=40)}"
        step = "Ask what it is for, and for an archive without it"
        problems.append(ReadError(what, where=path.name, rule=rule, next_step=step))
    if problems:
        raise ReadError.of(problems)


def named_as(path: Path) -> Path:
    """What a file or folder is called as a delivery: a folder becomes a zip file of its name."""
    return path.with_name(f"{path.name}.zip") if path.is_dir() else path


@contextmanager
def as_file(home: Home, path: Path) -> Iterator[Path]:
    """A file as it is; a folder as the zip file of what lies in it, which is gone after the block.

    Equal files under equal names make an equal zip file, whenever they were written.
    """
    if not path.is_dir():
        yield path
        return
    home.staged.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{PACKING}{os.getpid()}-", dir=home.staged) as folder:
        packed = Path(folder) / named_as(path).name
        with zipfile.ZipFile(packed, "w") as archive:  # stored: another zlib would pack to other bytes
            for file in sorted(path.rglob("*")):
                _pack(archive, file, path)
        yield packed


def _pack(archive: zipfile.ZipFile, file: Path, folder: Path) -> None:
    if file.is_symlink():
        raise DeliveryError("is a link, not a file", where=str(file), next_step="Copy the file there")
    name = file.relative_to(folder).as_posix()
    if file.is_dir() or any(part.startswith(".") for part in Path(name).parts):
        return
    with file.open("rb") as source, archive.open(zipfile.ZipInfo(name, _EPOCH), "w") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)


def told_school_year(path: Path, contract: Contract) -> int | None:
    """The school year of the last day that a delivery of a layout tells of; None if it tells none."""
    layout = load_layout(contract.layout) if contract.layout else None
    if layout is None or layout.last_day is None:
        return None
    day = _told(path, layout.last_day)
    try:
        last = dt.date.fromisoformat(str(day)[:10])
    except ValueError:
        return None
    return last.year + (last.month >= SCHOOL_YEAR_BEGINS)


def is_delta(path: Path, contract: Contract) -> bool:
    """Whether a delivery of a layout holds only what changed since the one before."""
    layout = load_layout(contract.layout) if contract.layout else None
    if layout is None or layout.is_delta is None:
        return False
    return str(_told(path, layout.is_delta)) == "1"


def _told(path: Path, told: Told) -> object:
    """The greatest value of an expression over the rows of one member; None where it cannot be read."""
    if not any(is_member(name, told.member) for name in member_names(path)):
        return None
    try:
        with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as con:
            part = unpack(path, told.member, Path(folder))[0]
            rows = f"read_csv({literal(str(part.path))}, all_varchar = true, header = true, delim = ',')"
            (value,) = con.execute(f"select max({told.sql}) from {rows}").fetchall()[0]
            return value
    except (duckdb.Error, MilepostError, OSError):  # the gate tells what is wrong with it
        return None
