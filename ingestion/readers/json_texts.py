"""JSON records as a table of texts, one row each in the order of the file, and what keys they have."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.sql_text import literal

MAX_OBJECT_BYTES = 2**24
# a table of texts has the one column `text`; its rowid + 1 is the number of the record or line
IS_WRITTEN_AS_OBJECT = "starts_with(text, '{')"
IS_OBJECT = "(json_valid(text) and (starts_with(text, '{') or starts_with(ltrim(text, ' \t\r\n'), '{')))"
IS_BLANK = "(coalesce(trim(text, ' \t\r\n'), '') = '')"


@dataclass(frozen=True)
class Found:
    """How many texts are objects, and how many are neither that nor blank; the row of the first such one."""

    objects: int
    blank: int
    broken: int
    first_broken: int | None


def load_lines(con: duckdb.DuckDBPyConnection, path: Path, table: str) -> None:
    """One row per line; a line that is blank is a row with NULL.

    Raises duckdb.InvalidInputException where a line is longer than an object may be.
    """
    # read as lines of text, since the JSON reader leaves blank lines out of its count
    lines = (
        f"read_csv({literal(str(path))}, columns = {{text: 'VARCHAR'}}, auto_detect = false,"
        f" header = false,"
        f" delim = chr(31), quote = '', escape = '', comment = '', nullstr = '', compression = 'none',"
        f" max_line_size = {MAX_OBJECT_BYTES}, buffer_size = {2 * MAX_OBJECT_BYTES})"
    )
    con.execute(f"create or replace temp table {table} as select text from {lines}")
    _refuse_lost_line(con, table, path)


def load_array(con: duckdb.DuckDBPyConnection, path: Path, table: str) -> None:
    """One row per element of the array that a file is."""
    _load_json(con, path, table, "array")


def load_document(con: duckdb.DuckDBPyConnection, path: Path, table: str) -> None:
    """One row with all that a file holds."""
    _load_json(con, path, table, "unstructured")


def _load_json(con: duckdb.DuckDBPyConnection, path: Path, table: str, layout: str) -> None:
    con.execute(
        f"create or replace temp table {table} as select json::varchar as text from read_json_objects("
        f"{literal(str(path))}, format = '{layout}', maximum_object_size = {MAX_OBJECT_BYTES})"
    )


def _refuse_lost_line(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """A last line beyond the reader's buffer is left out by DuckDB without a word."""
    if path.stat().st_size <= MAX_OBJECT_BYTES:
        return
    (n_read,) = con.execute(f"select coalesce(sum(strlen(text)), 0) from {table}").fetchall()[0]
    if path.stat().st_size - n_read <= MAX_OBJECT_BYTES:
        return
    with path.open("rb") as file:
        if any(len(line) > MAX_OBJECT_BYTES for line in file):
            raise duckdb.InvalidInputException("a line is too long")


def store_shapes(con: duckdb.DuckDBPyConnection, texts: str, table: str, *, by: str = "null") -> Found:
    """Make `table` of the few lists of keys that the many objects have, each with the first row that has it.

    `by` is an expression over `text`, whose values tell the shapes apart too.
    """
    try:
        if not _store_shapes(con, texts, table, by, IS_WRITTEN_AS_OBJECT):
            return _found(con, table)
    except duckdb.InvalidInputException:  # some text is no JSON
        pass
    _store_shapes(con, texts, table, by, IS_OBJECT)
    return _found(con, table)


def _store_shapes(con: duckdb.DuckDBPyConnection, texts: str, table: str, by: str, is_object: str) -> int:
    """The shapes of texts that are objects, and how many others but blank ones there are.

    Nearly every file is sound, so that a first attempt asks for the keys of what is written as an object,
    which fails where that is no JSON; to ask that too would parse each text once more.
    """
    con.execute(
        f"create or replace temp table {table} as"
        f" select form, case when form = 'object' then json_keys(text) end as keys,"
        f" case when form = 'object' then {by} end as told_by,"
        f" min(_row_number) as _row_number, count(*) as n from ("
        f"select case when {is_object} then 'object' when {IS_BLANK} then 'blank' else 'broken' end as form,"
        f" text, rowid + 1 as _row_number from {texts}) group by all"
    )
    return int(con.execute(f"select count(*) from {table} where form = 'broken'").fetchall()[0][0])


def _found(con: duckdb.DuckDBPyConnection, table: str) -> Found:
    counts = ", ".join(
        f"coalesce(sum(n) filter (form = '{form}'), 0)::bigint" for form in ("object", "blank", "broken")
    )
    first = "min(_row_number) filter (form = 'broken')"
    return Found(*con.execute(f"select {counts}, {first} from {table}").fetchall()[0])


def keys_of(con: duckdb.DuckDBPyConnection, shapes: str) -> list[str]:
    """Keys in the order in which they first appear."""
    rows = con.execute(
        f"select key from (select unnest(keys) as key, _row_number,"
        f" generate_subscripts(keys, 1) as position from {shapes})"
        f" group by key order by min(_row_number), min_by(position, _row_number)"
    )
    return [row[0] for row in rows.fetchall()]
