"""Delimited text: one scan by DuckDB where the file is sound, record by record where it is not."""

import csv
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import duckdb

from ingestion.contracts.columns import Reader
from ingestion.contracts.contract import Contract
from ingestion.errors import ReadError
from ingestion.readers.header_search import with_rows_skipped
from ingestion.readers.headers import TWO_HEADER_ROWS, join_header_rows, keep_declared, refuse_other_delimiter
from ingestion.readers.record_counting import Dialect
from ingestion.readers.records import (
    check_width,
    csv_scan,
    empty_file,
    load_records,
    read_records,
    select_columns,
)
from ingestion.readers.spellings import as_declared
from ingestion.readers.text_encoding import TextFile, as_utf8
from ingestion.readers.unpacking import Part

# footers are a few lines of totals and notes
_TAIL_BYTES = 2**16


def read_delimited(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    reader: Reader,
    dialect: Dialect,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
) -> str:
    """Fill `table` from a delimited file and return the select that names its columns and numbers its
    rows."""
    text = as_utf8(part, reader.encoding, dialect, folder)
    if reader.footer:
        text = without_footer(text, re.compile(reader.footer), dialect, folder)
    reader = with_rows_skipped(text, reader, dialect)
    head = _read_head(text, reader, dialect)
    refuse_other_delimiter(head.headers, dialect.delimiter, part.name)
    head.headers = as_declared(head.headers, contracts)
    kept = keep_declared(head.headers, contracts, part.name, of_row=True)
    # a name of its own: globs and compression suffixes in the file's name mean something to DuckDB
    link = folder / f"{table}.txt"
    link.symlink_to(text.path.absolute())
    unnamed = [i for i, header in enumerate(head.headers) if not header]
    read = [*kept, *unnamed]
    try:
        columns = {f"c{i}": "VARCHAR" for i in range(len(head.headers))}
        scan = csv_scan(link, columns, dialect, head.n_lines)
        names = ", ".join(f"c{i}" for i in read)
        con.execute(f"create or replace table {table} as select {names} from {scan}")
        is_whole = _has_every_line(con, table, read, text, head.n_lines)
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.NotImplementedException):
        # the message quotes the record; reading it again in Python finds the rule that is broken
        is_whole = False
    row_number = f"rowid + {head.n_records + 1}"
    if not is_whole:
        _read_carefully(con, text, reader, dialect, head, table, folder)
        row_number = "_row_number"
    _refuse_values_without_header(con, table, unnamed, row_number, part.name)
    return select_columns(head.headers, kept, row_number, part.name, table)


class _Head:
    """The header rows: names, and how many physical lines and records they and what precedes them take."""

    def __init__(self, headers: list[str], n_lines: int, n_records: int) -> None:
        self.headers, self.n_lines, self.n_records = headers, n_lines, n_records


def _read_head(text: TextFile, reader: Reader, dialect: Dialect) -> _Head:
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        lines = _CountedLines(file)
        rows: list[list[str]] = []
        n_records = reader.skip_rows
        for record in islice(read_records(lines, text.name, dialect, reader.skip_rows), reader.header_rows):
            n_records, cells = record
            rows.append(cells)
        if not rows:
            raise empty_file(text.name)
        return _Head(join_header_rows(rows), lines.count, n_records)


class _CountedLines:
    """A text file's lines, counted as they are taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.count = 0

    def __iter__(self) -> "_CountedLines":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.count += 1
        return line


def without_footer(
    text: TextFile, footer: re.Pattern[str], dialect: Dialect | None, folder: Path
) -> TextFile:
    """A copy without the trailing records that match `footer`, or the same file where there are none.

    The pattern is searched in the cells of a record joined by commas; blank lines among the footer go with
    it.
    """
    size = text.path.stat().st_size
    with text.path.open("rb") as file:
        file.seek(max(0, size - _TAIL_BYTES))
        lines = re.findall(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", file.read())
    cut, n_cut, dropped = 0, 0, 0
    for line in reversed(lines[1:] if size > _TAIL_BYTES else lines):
        record = _footer_text(line.decode("utf-8", "replace"), dialect)
        if record and not footer.search(record):
            break
        cut, n_cut = cut + len(line), n_cut + 1
        if record:
            dropped = cut
            n_dropped = n_cut
    if not dropped:
        return text
    target = folder / f"body-{text.path.parent.name}-{text.path.name}"
    shutil.copyfile(text.path, target)
    with target.open("r+b") as file:
        file.truncate(size - dropped)
    return replace(text, path=target, n_lines=text.n_lines - n_dropped)


def _footer_text(line: str, dialect: Dialect | None) -> str:
    if dialect is None:
        return line.strip()
    try:
        cells = next(dialect.parse([line], strict=True, max_cell=_TAIL_BYTES), [])
    except csv.Error:
        return line.strip()
    return ",".join(cells).strip(", \t\r\n")


def _has_every_line(
    con: duckdb.DuckDBPyConnection, table: str, read: Sequence[int], text: TextFile, n_head_lines: int
) -> bool:
    """Whether the rows account for every line; DuckDB leaves out blank records, after which row numbers are
    off."""
    (n_rows,) = con.execute(f"select count(*) from {table}").fetchall()[0]
    n_lines = text.n_lines - n_head_lines
    if n_rows == n_lines:
        return True
    n_lines -= _trailing_blank_lines(text)
    if n_rows < n_lines:
        breaks = f"chr({ord(text.newline)})"
        inner = " + ".join(f"coalesce(sum(len(c{i}) - len(replace(c{i}, {breaks}, ''))), 0)" for i in read)
        (n_inner,) = con.execute(f"select {inner} from {table}").fetchall()[0]
        n_rows += n_inner
    return bool(n_rows == n_lines)


def _trailing_blank_lines(text: TextFile) -> int:
    size = text.path.stat().st_size
    with text.path.open("rb") as file:
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
    end = tail[len(tail.rstrip(b"\r\n")) :]
    return max(0, end.count(text.newline.encode()) - 1)


def _read_carefully(
    con: duckdb.DuckDBPyConnection,
    text: TextFile,
    reader: Reader,
    dialect: Dialect,
    head: _Head,
    table: str,
    folder: Path,
) -> None:
    width = len(head.headers)
    least = max(i + 1 for i, header in enumerate(head.headers) if header)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        records = read_records(file, text.name, dialect, reader.skip_rows)
        body = (record for record in records if record[0] > head.n_records)
        whole = ((record[0], check_width(record, width, least, text.name)) for record in body)
        load_records(con, table, whole, width, folder / f"{table}-records.csv")


def _refuse_values_without_header(
    con: duckdb.DuckDBPyConnection, table: str, unnamed: Sequence[int], row_number: str, name: str
) -> None:
    """Spreadsheets leave empty columns behind the last one; a column with values needs a name."""
    for position in unnamed:
        (first,) = con.execute(
            f"select min({row_number}) from {table} where trim(c{position}) <> ''"
        ).fetchall()[0]
        if first is not None:
            raise ReadError(
                f"column {position + 1} has no header but holds a value",
                where=f"{name}, row {first}",
                rule="Only empty columns may go without a header",
                next_step="Ask the partner to name the column, or to look for a delimiter too many"
                + TWO_HEADER_ROWS,
            )
