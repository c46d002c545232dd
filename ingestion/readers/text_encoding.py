"""Any text file as UTF-8 without NUL characters: checked in place where it is so already, else transcoded."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import ReadError
from ingestion.readers.record_counting import Dialect, count_records
from ingestion.readers.unpacking import Part

# UTF-32 first: its little-endian mark begins with that of UTF-16
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 2**20
_UTF_8 = ("utf-8", "utf-8-sig")


@dataclass(frozen=True)
class TextFile:
    """A UTF-8 file (a BOM may stand at its start); `n_lines` counts its physical lines, `newline` is what
    ends them."""

    path: Path
    name: str
    n_lines: int
    newline: str
    encoding: str = "utf-8"  # of the file as it was sent


@dataclass
class _Scan:
    n_newlines: int = 0
    nul_at: int | None = None
    invalid_at: int | None = None


def as_utf8(part: Part, encoding: str | None, dialect: Dialect | None, folder: Path) -> TextFile:
    """Find the encoding: a byte order mark, else the one declared, else UTF-8, else Windows-1252 or Latin-1.

    Raises ReadError with the row number for NUL characters, for bytes the encoding does not have, and for a
    file that mixes UTF-8 with another encoding. `dialect` (None: one record per line) is needed to number
    the rows.
    """
    with part.path.open("rb") as file:
        head = file.read(4096)
    marked = next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    chosen = marked or _normal_name(encoding, part.name)
    if chosen is None or chosen in _UTF_8:
        scan = _scan(part.path)
        if scan.nul_at is not None:
            raise _nul_error(part.name, _row_at(part.path, scan.nul_at, dialect), head)
        if scan.invalid_at is None:
            return _text_file(part.path, part.name, scan.n_newlines)
        if chosen in _UTF_8:
            raise _undecodable(part.name, _row_at(part.path, scan.invalid_at, dialect), "UTF-8")
        _refuse_mixed(part, dialect)
    target = folder / f"utf8-{part.path.parent.name}-{part.path.name}"
    for candidate in [chosen] if chosen else ["cp1252", "latin-1"]:
        try:
            n_newlines = _transcode(part, candidate, target, dialect)
        except UnicodeDecodeError:
            if candidate == "cp1252" and chosen is None:
                continue
            row = count_records(target, target.stat().st_size, dialect)
            raise _undecodable(part.name, row, candidate) from None
        return _text_file(target, part.name, n_newlines, candidate)
    raise AssertionError("latin-1 decodes every file")


def _normal_name(encoding: str | None, name: str) -> str | None:
    if encoding is None:
        return None
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise ReadError(
            f"the encoding '{encoding}' of the contract is unknown",
            where=name,
            next_step="Use a name such as utf-8, utf-16, cp1252 or latin-1 in `reader.encoding`",
        ) from None


def _scan(path: Path) -> _Scan:
    """One pass at memory speed; text outside ASCII is decoded to find the first byte that is not UTF-8."""
    scan, offset = _Scan(), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in _chunks(path):
        scan.n_newlines += chunk.count(b"\n")
        nul = chunk.find(b"\0")
        if nul >= 0:
            scan.nul_at = offset + nul
            return scan
        pending = len(decoder.getstate()[0])
        if scan.invalid_at is None and (pending or not chunk.isascii()):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                scan.invalid_at = offset - pending + error.start
                decoder.reset()
        offset += len(chunk)
    if scan.invalid_at is None and (pending := len(decoder.getstate()[0])):
        scan.invalid_at = offset - pending
    return scan


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _transcode(part: Part, encoding: str, target: Path, dialect: Dialect | None) -> int:
    """Write `part` as UTF-8 and return its number of newlines; what precedes an undecodable byte is
    written."""
    decoder = codecs.getincrementaldecoder(encoding)()
    n_newlines = 0
    with target.open("wb") as out:
        for chunk in (*_chunks(part.path), b""):
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                out.write(error.object[: error.start].decode(encoding, "ignore").encode("utf-8", "replace"))
                raise
            nul = text.find("\0")
            out.write(text[: nul if nul >= 0 else None].encode("utf-8", "replace"))
            if nul >= 0:
                out.flush()
                raise _nul_error(part.name, count_records(target, target.stat().st_size, dialect), b"")
            n_newlines += text.count("\n")
    return n_newlines


def _refuse_mixed(part: Part, dialect: Dialect | None) -> None:
    """A file in one single-byte encoding has no line whose letters beyond ASCII happen to be valid UTF-8."""
    first_is_utf8: bool | None = None
    offset = 0
    with part.path.open("rb") as file:
        for line in file:
            if not line.isascii():
                is_utf8 = _is_utf8(line)
                if first_is_utf8 is None:
                    first_is_utf8 = is_utf8
                elif is_utf8 != first_is_utf8:
                    row = _row_at(part.path, offset, dialect)
                    raise ReadError(
                        "the file mixes UTF-8 with another encoding; here it changes from one to the other",
                        where=f"{part.name}, row {row}",
                        rule="One file has one encoding, or names are read wrongly",
                        next_step="Ask the partner to export it anew in UTF-8, or declare `reader.encoding`",
                    )
            offset += len(line)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _text_file(path: Path, name: str, n_newlines: int, encoding: str = "utf-8") -> TextFile:
    newline = "\n"
    if not n_newlines and (n_returns := sum(chunk.count(b"\r") for chunk in _chunks(path))):
        newline, n_newlines = "\r", n_returns
    n_unended = 0 if _ends_with(path, newline.encode()) else 1
    return TextFile(path, name, n_newlines + n_unended, newline, encoding)


def _ends_with(path: Path, ending: bytes) -> bool:
    if not (size := path.stat().st_size):
        return True
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) == ending


def _row_at(path: Path, offset: int, dialect: Dialect | None) -> int:
    return count_records(path, offset, dialect)


def _nul_error(name: str, row: int, head: bytes) -> ReadError:
    is_wide = head.count(b"\0") * 3 > len(head)
    return ReadError(
        "there is a NUL character in the text",
        where=f"{name}, row {row}",
        rule="A text file holds no NUL characters; they show a damaged export or an undeclared encoding",
        next_step="Declare `reader.encoding: utf-16-le` (or utf-16-be) in the contract"
        if is_wide
        else "Ask the partner to export the file anew",
    )


def _undecodable(name: str, row: int, encoding: str) -> ReadError:
    return ReadError(
        f"there are bytes that are not {encoding}",
        where=f"{name}, row {row}",
        rule=f"The contract, or the file itself at its start, says that it is {encoding}",
        next_step="Correct `reader.encoding` in the contract, or ask the partner for an export in UTF-8",
    )
