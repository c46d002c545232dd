"""Fixed-width text: every line is cut at the positions the contract states, counted in characters."""

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from ingestion.contracts.columns import Reader
from ingestion.contracts.contract import Contract
from ingestion.errors import ReadError
from ingestion.readers.delimited import without_footer
from ingestion.readers.headers import keep_declared
from ingestion.readers.record_counting import Dialect
from ingestion.readers.records import MAX_CELL_BYTES, csv_scan, long_cell
from ingestion.readers.text_encoding import TextFile, as_utf8
from ingestion.readers.unpacking import Part
from ingestion.sql_text import constant_text, identifier

# the unit separator never stands in text, so that a whole line is one cell
_NO_DELIMITER = "\x1f"
# blanks are cut off on the left alone, which ends at the first letter
_HAS_TEXT = "ltrim(line) <> ''"


def read_fixed_width(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    reader: Reader,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
) -> str:
    """Fill `table` from fixed-width lines and return the select that names its columns and numbers its rows.

    There is no header row: the contract names the columns, and what stands above the data is `skip_rows`.
    """
    text = as_utf8(part, reader.encoding, None, folder)
    if reader.footer:
        text = without_footer(text, re.compile(reader.footer), None, folder)
    headers = list(reader.widths)
    kept = keep_declared(headers, contracts, part.name)
    lines = folder / f"{table}.txt"
    lines.symlink_to(text.path.absolute())
    if not _load_lines(con, table, lines, reader.skip_rows) or _lost_a_line(con, table, text.path):
        # newlines of two kinds, or a broken line
        _refuse_broken_line(text, reader.skip_rows)
        lines.unlink()
        with (
            text.path.open(encoding="utf-8-sig") as mixed,
            lines.open("w", encoding="utf-8", newline="\n") as even,
        ):
            even.writelines(mixed)
        _load_lines(con, table, lines, reader.skip_rows)
    _refuse_short_lines(con, table, reader, part.name)
    cuts = []
    for position in kept:
        start, length = reader.widths[headers[position]]
        cut = f"nullif(trim(substring(line, {start}, {length})), '')"
        cuts.append(f"{cut} as {identifier(headers[position])}")
    return (
        f"select {', '.join(cuts)}, rowid + {reader.skip_rows + 1} as _row_number,"
        f" {constant_text(part.name)} as _source_file from {table} where {_HAS_TEXT}"
    )


def _refuse_short_lines(con: duckdb.DuckDBPyConnection, table: str, reader: Reader, name: str) -> None:
    """A line may end early within its last column, since editors cut blanks, but not before it begins."""
    last_start = max(start for start, _ in reader.widths.values())
    (first,) = con.execute(
        f"select min(rowid) from {table} where length(line) < {last_start} and {_HAS_TEXT}"
    ).fetchall()[0]
    if first is not None:
        raise ReadError(
            f"the line ends before its last column begins (position {last_start})",
            where=f"{name}, row {first + reader.skip_rows + 1}",
            rule="Every line holds every column at the positions of `reader.widths`",
            next_step="Check the file for broken lines and footers, and the contract for a changed layout",
        )


def _load_lines(con: duckdb.DuckDBPyConnection, table: str, path: Path, skip_rows: int) -> bool:
    scan = csv_scan(path, {"line": "VARCHAR"}, Dialect(_NO_DELIMITER, ""), skip_rows)
    try:
        con.execute(f"create or replace table {table} as select line from {scan}")
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.NotImplementedException):
        return False
    return True


def _lost_a_line(con: duckdb.DuckDBPyConnection, table: str, path: Path) -> bool:
    """Whether a line may be missing: one beyond its buffer at the end DuckDB leaves out without a word."""
    (n_read,) = con.execute(f"select coalesce(sum(strlen(line) + 2), 0) from {table}").fetchall()[0]
    return path.stat().st_size - n_read > 16 * MAX_CELL_BYTES


def _refuse_broken_line(text: TextFile, skip_rows: int) -> None:
    with text.path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if len(line.encode()) > MAX_CELL_BYTES:
                raise long_cell(text.name, number)
            if _NO_DELIMITER in line and number > skip_rows:
                raise ReadError(
                    "the line holds a control character (unit separator)",
                    where=f"{text.name}, row {number}",
                    rule="Fixed-width files are plain text",
                    next_step="Ask the partner to export the file anew",
                )
