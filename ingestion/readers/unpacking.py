"""Gzip files and zip members unpacked into plain temporary files, within limits no honest extract reaches."""

import errno
import fnmatch
import gzip
import lzma
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ingestion.errors import ReadError
from ingestion.unpacked_size import budget
from ingestion.wording import listed

_CHUNK = 2**20

# what Python's zipfile raises of archives that are damaged, or made by no program
_UNREADABLE_ZIP = (
    *(zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError, struct.error),
    *(UnicodeError, ValueError, OverflowError, IndexError, RuntimeError),
)
MOST_MEMBERS = 5_000
NAME_KEPT = 60  # characters of a member's name; a file system takes 255 bytes


@dataclass(frozen=True)
class Part:
    """One plain file to read; `name` is what people call it: the file's name, or `archive.zip/member.csv`."""

    path: Path
    name: str


def unpack(path: Path, member: str | None, folder: Path) -> list[Part]:
    """The plain files of `path`: itself, what a .gz holds, or the members of a .zip that match the glob
    `member`."""
    if not path.is_file():
        raise ReadError("there is no such file", where=path.name, next_step="Check the path")
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return [_gunzip(path, folder)]
    if suffix == ".zip":
        return _unzip(path, member, folder)
    return [Part(path, path.name)]


def _gunzip(path: Path, folder: Path) -> Part:
    target = folder / "unpacked" / path.stem
    target.parent.mkdir(exist_ok=True)
    left = budget(path.name, path.stat().st_size)
    try:
        with gzip.open(path) as packed:
            _pour(packed, target, left)
    except (EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
            raise
        raise ReadError(
            "the gzip file is damaged or cut off before its end",
            where=path.name,
            rule="A packed file must unpack completely; nothing of it was read",
            next_step="Ask the partner to send it again, and compare the sizes",
        ) from None
    return Part(target, path.name)


def _unzip(path: Path, member: str | None, folder: Path) -> list[Part]:
    with opened_zip(path) as archive:
        return _members(archive, path, member, folder)


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip file to read within the block; ReadError for one that is damaged, whenever that comes out."""
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_crowd(archive, path)
            yield archive
    except _UNREADABLE_ZIP:
        raise _damaged(path) from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place in the file that can be none
            raise
        raise _damaged(path) from None


def _refuse_crowd(archive: zipfile.ZipFile, path: Path) -> None:
    """Each member is held against each table of the contracts: very many would keep a load busy for long."""
    if (found := len(archive.infolist())) > MOST_MEMBERS:
        raise ReadError(
            f"the zip file has {found:,} members",
            where=path.name,
            rule=f"At most {MOST_MEMBERS:,} are looked through",
            next_step="Ask for an archive of the export alone",
        )


def _damaged(path: Path) -> ReadError:
    return ReadError(
        "the zip file is damaged, cut off before its end, or packed in an unknown way",
        where=path.name,
        rule="A packed file must unpack completely; nothing of it was read",
        next_step="Ask the partner to send it again, and compare the sizes",
    )


def _members(archive: zipfile.ZipFile, path: Path, member: str | None, folder: Path) -> list[Part]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    for info in infos:
        _refuse_escaping_name(info.filename, path.name)
    wanted = [info for info in infos if is_member(info.filename, member)]
    if not wanted:
        raise ReadError(
            f"no member of the zip file matches '{in_words(member or '*')}'",
            where=path.name,
            rule=f"The zip file holds: {listed([info.filename for info in infos])}",
            next_step="Correct `member:` in the contract, or ask the partner for the missing file",
        )
    if any(info.flag_bits & 0x1 for info in wanted):
        raise ReadError(
            "the zip file is encrypted",
            where=path.name,
            rule="Milepost keeps no passwords of partners' files",
            next_step="Unpack it before the drop, or agree on an encrypted transport instead",
        )
    left = budget(path.name, path.stat().st_size)
    parts = []
    for number, info in enumerate(wanted):
        target = folder / f"member{number}" / PurePosixPath(info.filename).name[-NAME_KEPT:]
        target.parent.mkdir()
        with archive.open(info) as packed:
            _pour(packed, target, left)
        parts.append(Part(target, f"{path.name}/{info.filename}"))
    return parts


def is_member(name: str, member: str | None) -> bool:
    """A glob without a slash looks at the last part of the name; several stand with | between them.

    What a Mac adds to its archives never counts.
    """
    name = unicodedata.normalize("NFC", name)
    pure = PurePosixPath(name)
    if pure.parts[:1] == ("__MACOSX",) or pure.name in ("", ".DS_Store"):
        return False
    patterns = (member or "*").lower().split("|")
    return any(fnmatch.fnmatchcase((name if "/" in one else pure.name).lower(), one) for one in patterns)


def in_words(member: str) -> str:
    """A member as a person would call it: `*Patient[!a-z]*ndjson` is Patient.ndjson."""
    names = (re.sub(r"\[[^]]*\]\*?", ".", one) for one in member.split("|"))
    return " or ".join(re.sub(r"^\*(?=\w)", "", name) for name in names)


def _refuse_escaping_name(name: str, archive: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name[:1] in ("/", "\\") or name[1:2] == ":":
        raise ReadError(
            "a member of the zip file has a name that leads out of the archive ('../', or an absolute path)",
            where=archive,
            rule="Such archives are refused as a whole",
            next_step="Ask the partner how the file was made, and for a new one",
        )


def _pour(packed: IO[bytes] | gzip.GzipFile, target: Path, spend: Callable[[int], None]) -> None:
    with target.open("wb") as plain:
        while chunk := packed.read(_CHUNK):
            spend(len(chunk))
            plain.write(chunk)
