"""Whether texts that would tell of a child stand in a file, whatever its format."""

from __future__ import annotations

import contextlib
import gzip
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb

from ingestion.sql_text import identifier, literal

_CHUNK, _OVERLAP = 1 << 26, 1 << 11
_NEAR = 400  # bytes on either side of a last name in which first name and birth date are looked for
_LARGEST_INNER = 1 << 28  # bytes of an archive within an archive that is looked into
_LETTERS = b"0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Sought:
    """What would tell of children: numbers, as whole words; first name, last name, ISO birth date together.

    `common` numbers are so short that any file may have them by chance: only files as partners sent them
    are asked for those.
    """

    numbers: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    people: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[str], people: Iterable[tuple[str, str, str]] = ()) -> Sought:
        """These numbers, told apart by how seldom they stand anywhere by chance."""
        known = sorted({number.strip() for number in numbers if len(number.strip()) >= 4})
        rare = [n for n in known if len(n) >= 8 or (len(n) >= 5 and not n.isdigit())]
        return cls(tuple(rare), tuple(n for n in known if n not in rare), tuple(sorted({*people})))

    @property
    def n_texts(self) -> int:
        return len(self.numbers) + len(self.common) + len(self.people)


@dataclass(frozen=True)
class Look:
    """What a search of a file saw; `unsure` says why one that tells of nobody may do so all the same."""

    tells: bool
    unsure: str = ""


def tells_of(
    path: Path, sought: Sought, *, as_sent: bool = False, con: duckdb.DuckDBPyConnection | None = None
) -> bool:
    """Whether a file is seen to tell of any of them; see `look_into`."""
    return look_into(path, sought, as_sent=as_sent, con=con).tells


def look_into(
    path: Path, sought: Sought, *, as_sent: bool = False, con: duckdb.DuckDBPyConnection | None = None
) -> Look:
    """Whether a file tells of any of them; archives, Parquet and databases of DuckDB are looked into.

    `as_sent`: it is a file of a partner, which is asked for common numbers too. With `con` many Parquet files
    are read by one connection. What does not open as what it seems to be is searched as bytes.
    """
    numbers = (*sought.numbers, *sought.common) if as_sent else sought.numbers
    texts = _Texts(numbers, sought.people)
    with path.open("rb") as file:
        if texts.stand_in(file):
            return Look(True)
        file.seek(0)
        head = file.read(16)
    if head[:4] != b"PAR1" and head[8:12] != b"DUCK":
        return Look(False)
    with contextlib.ExitStack() as stack:
        own = con or stack.enter_context(duckdb.connect(config={"threads": 1}))
        if head[:4] == b"PAR1":
            return _in_parquet(own, path, texts)
        return Look(_in_database(own, path, texts))


def rows_tell_of(con: duckdb.DuckDBPyConnection, table: str, sought: Sought) -> bool:
    """Whether a row of a table that `con` sees tells of any of them."""
    return _Texts((*sought.numbers, *sought.common), sought.people).stand_in_rows(con, table)


def _in_parquet(con: duckdb.DuckDBPyConnection, path: Path, texts: _Texts) -> Look:
    """A partner's file may begin as Parquet and be cut off, or be text that begins with these letters."""
    try:
        return Look(texts.stand_in_rows(con, f"read_parquet({literal(str(path))})"))
    except duckdb.Error:
        return Look(False, "it begins as a Parquet file and cannot be read as one")


def _in_database(con: duckdb.DuckDBPyConnection, path: Path, texts: _Texts) -> bool:
    """Of tables; views show what other files hold. One that needs a key shows nothing to those without it."""
    try:
        con.execute(f"attach {literal(str(path))} as looked_at (read_only)")
    except duckdb.Error:
        return False
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'looked_at'"
    ).fetchall()
    names = (".".join(map(identifier, ("looked_at", schema, table))) for schema, table in tables)
    found = any(texts.stand_in_rows(con, name) for name in names)
    con.execute("detach looked_at")
    return found


class _Texts:
    """Numbers and people as they may be written into a file."""

    def __init__(self, numbers: Iterable[str], people: Iterable[tuple[str, str, str]]) -> None:
        self._numbers = [*numbers]
        self._people = [person for person in people if all(person)]
        self._words = [w for n in self._numbers for w in _written(n)]
        self._near = [
            (last, [*_written(first)], [w for d in _dates(birth) for w in _written(d)])
            for first, name, birth in self._people
            for last in _written(name)
        ]

    def stand_in(self, file: IO[bytes]) -> bool:
        """Whether they stand in what can be read, in archives too."""
        head = file.read(4)
        file.seek(0)
        if head == b"PK\x03\x04" and (found := _in_zip(file, self)) is not None:
            return found
        if head[:2] == b"\x1f\x8b":
            try:
                with gzip.open(file) as unpacked:
                    return any(map(self._in_bytes, _chunks(unpacked)))
            except (OSError, EOFError):
                file.seek(0)
        return any(map(self._in_bytes, _chunks(file)))

    def stand_in_rows(self, con: duckdb.DuckDBPyConnection, table: str) -> bool:
        """Whether they stand in a row of a table."""
        conditions = []
        if self._numbers:
            listed = "|".join(re.escape(number.lower()) for number in self._numbers)
            conditions.append(f"regexp_matches(line, {literal(f'(^|[^0-9a-z])({listed})($|[^0-9a-z])')})")
        for first, last, birth in self._people:
            dates = " or ".join(f"contains(line, {literal(date)})" for date in _dates(birth))
            names = [f"contains(line, {literal(name.lower())})" for name in (first, last)]
            conditions.append(f"({' and '.join(names)} and ({dates}))")
        lines = f"(select lower(one::varchar) as line from {table} as one)"
        wanted = " or ".join(conditions) or "false"
        row = con.execute(f"select exists (from {lines} where {wanted})").fetchone()
        return bool(row and row[0])

    def _in_bytes(self, data: bytes) -> bool:
        lower = data.lower()
        if any(_has_word(lower, word) for word in self._words):
            return True
        return any(self._together(lower, *person) for person in self._near)

    @staticmethod
    def _together(data: bytes, last: bytes, firsts: list[bytes], dates: list[bytes]) -> bool:
        place = data.find(last)
        while place >= 0:
            window = data[max(0, place - _NEAR) : place + _NEAR]
            if any(first in window for first in firsts) and any(date in window for date in dates):
                return True
            place = data.find(last, place + 1)
        return False


def _in_zip(file: IO[bytes], texts: _Texts) -> bool | None:
    """None where it is no archive that can be opened."""
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                with archive.open(member) as inner:
                    small = member.file_size <= _LARGEST_INNER
                    if texts.stand_in(io.BytesIO(inner.read()) if small else inner):
                        return True
        return False
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
        file.seek(0)
        return None


def _chunks(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    before = b""
    while chunk := file.read(_CHUNK):
        yield before + chunk
        before = chunk[-_OVERLAP:]


def _written(text: str) -> Iterator[bytes]:
    """A text in the encodings of partners' files, in lower case."""
    folded = text.strip().lower()
    found = {folded.encode(), folded.encode("utf-16-le")}
    if not folded.isascii():
        found |= {text.strip().encode(), folded.encode("latin-1", "ignore")}
    yield from (one for one in found if one)


def _dates(iso: str) -> tuple[str, ...]:
    """A day as files write it."""
    year, month, day = iso.split("-")
    plain = {f"{month}/{day}/{year}", f"{int(month)}/{int(day)}/{year}", f"{day}.{month}.{year}"}
    return (iso, f"{year}{month}{day}", *sorted(plain))


def _has_word(data: bytes, word: bytes) -> bool:
    """Whether a word stands there, and not as a part of a longer one."""
    place = data.find(word)
    step = 2 if word[1:2] == b"\0" else 1
    while place >= 0:
        before = data[place - step : place - step + 1] if place >= step else b""
        end = place + len(word)
        after = data[end : end + 1]
        if (not before or before not in _LETTERS) and (not after or after not in _LETTERS):
            return True
        place = data.find(word, place + 1)
    return False
