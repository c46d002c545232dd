"""Whether texts that would tell of a child stand in a file, whatever its format."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.packed_search import PackedSearch
from ingestion.sql_text import identifier, literal
from ingestion.written import Texts

# formats that pack their text, by how a file of each begins
_CLOSED = {
    b"\xd0\xcf\x11\xe0": "a file of Office before 2007, or one with a password,",
    b"%PDF": "a PDF",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"-----BEGIN PGP": "an encrypted file",
}


@dataclass(frozen=True)
class Sought:
    """What would tell of children: numbers, as whole words; first name, last name, ISO birth date together.

    `common` numbers are so short that any file may have them by chance: only files as partners sent them
    are asked for those. `too_short`: there are numbers that every file has by chance, and none is asked for.
    """

    numbers: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    people: tuple[tuple[str, str, str], ...] = ()
    too_short: bool = False

    @classmethod
    def of(cls, numbers: Iterable[str], people: Iterable[tuple[str, str, str]] = ()) -> Sought:
        """These numbers, told apart by how seldom they stand anywhere by chance."""
        every = {number.strip() for number in numbers}
        known = sorted(number for number in every if len(number) >= 4)
        too_short = any(0 < len(number) < 4 for number in every)
        rare = [n for n in known if len(n) >= 8 or (len(n) >= 5 and not n.isdigit())]
        common = tuple(n for n in known if n not in rare)
        return cls(tuple(rare), common, tuple(sorted({*people})), too_short)

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
    are read by one connection. What does not open as what it seems to be, or unpacks to more than an honest
    file does, is searched as bytes.
    """
    numbers = (*sought.numbers, *sought.common) if as_sent else sought.numbers
    texts = Texts(numbers, sought.people)
    search = PackedSearch(texts, path.stat().st_size)
    with path.open("rb") as file:
        if search.finds_in(file):
            return Look(True)
        file.seek(0)
        head = file.read(16)
    if head[:4] != b"PAR1" and head[8:12] != b"DUCK":
        return Look(False, search.unsure or (_closed(head) if as_sent else ""))
    with contextlib.ExitStack() as stack:
        own = con or stack.enter_context(duckdb.connect(config={"threads": 1}))
        if head[:4] == b"PAR1":
            return _in_parquet(own, path, texts)
        return _in_database(own, path, texts, as_sent)


def rows_tell_of(con: duckdb.DuckDBPyConnection, table: str, sought: Sought) -> bool:
    """Whether a row of a table that `con` sees tells of any of them."""
    return Texts((*sought.numbers, *sought.common), sought.people).stand_in_rows(con, table)


def database_tells_of(con: duckdb.DuckDBPyConnection, database: str, sought: Sought) -> bool:
    """Whether a table of a database that is attached to `con` tells of any of them."""
    return _in_tables(con, database, Texts(sought.numbers, sought.people))


def _closed(head: bytes) -> str:
    return next(
        (f"{what} is not looked into" for start, what in _CLOSED.items() if head.startswith(start)), ""
    )


def _in_parquet(con: duckdb.DuckDBPyConnection, path: Path, texts: Texts) -> Look:
    """A partner's file may begin as Parquet and be cut off, or be text that begins with these letters."""
    try:
        return Look(texts.stand_in_rows(con, f"read_parquet({literal(str(path))})"))
    except duckdb.Error:
        return Look(False, "it begins as a Parquet file and cannot be read as one")


def _in_database(con: duckdb.DuckDBPyConnection, path: Path, texts: Texts, as_sent: bool) -> Look:
    """Of tables; views show what other files hold. One that needs a key shows nothing to those without it."""
    try:
        con.execute(f"attach {literal(str(path))} as looked_at (read_only)")
    except duckdb.Error:
        return Look(False, "the database does not open" if as_sent else "")
    found = _in_tables(con, "looked_at", texts)
    con.execute("detach looked_at")
    return Look(found)


def _in_tables(con: duckdb.DuckDBPyConnection, database: str, texts: Texts) -> bool:
    tables = con.execute(
        f"select schema_name, table_name from duckdb_tables() where database_name = {literal(database)}"
    ).fetchall()
    names = (".".join(map(identifier, (database, schema, table))) for schema, table in tables)
    return any(texts.stand_in_rows(con, name) for name in names)
