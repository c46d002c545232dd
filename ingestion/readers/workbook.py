"""Excel workbooks: the values a person sees in the named sheet, as text."""

import datetime as dt
import fnmatch
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import python_calamine as calamine

from ingestion.contracts.columns import Reader
from ingestion.contracts.contract import Contract
from ingestion.errors import ReadError
from ingestion.readers.header_search import rows_above
from ingestion.readers.headers import TWO_HEADER_ROWS, join_header_rows, keep_declared, shown
from ingestion.readers.records import Record, load_records, refuse_long_cell, select_columns
from ingestion.readers.spellings import as_declared
from ingestion.readers.unpacking import Part
from ingestion.unpacked_size import budget

# beyond 2**53 a spreadsheet's number has lost digits, and its text would pretend otherwise
_EXACT = 2.0**53
MOST_CELLS = 50_000_000
MOST_SHEET_BYTES = 4 * 2**30
# a reference of a row or a cell; which quotes, and how many blanks, is the writer's choice
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{1,7})["']""")
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_CELL_WITHOUT = re.compile(rb"<(?:\w+:)?c(?=[\s/>])(?![^>]*\br\s*=)")
_MOST_COLUMNS = 16_384


def read_workbook(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    reader: Reader,
    sheet: str | None,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
) -> list[str]:
    """Fill one table per matching sheet and return the selects that name their columns and number their rows.

    `sheet` is a name or a glob, or several with | between them; without it a workbook must have one visible
    sheet. A sheet that is named exactly may be hidden, a glob finds visible ones only. Row numbers are those
    Excel shows.
    """
    try:
        _refuse_vast(part)
        book = calamine.CalamineWorkbook.from_path(str(part.path))
        names = _wanted_sheets(book, sheet, part.name)
        sheets = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names]
    except calamine.PasswordError:
        raise _unreadable(part.name, "the workbook is protected by a password") from None
    except (calamine.CalamineError, OSError, zipfile.BadZipFile, EOFError, zlib.error):
        raise _unreadable(part.name, "the file is not a sound Excel workbook") from None
    selects = []
    for number, (name, rows) in enumerate(zip(names, sheets, strict=True)):
        where = part.name if len(names) == 1 else f"{part.name}#{name}"
        selects.append(_load_sheet(con, rows, where, reader, contracts, f"{table}_{number}", folder))
    return selects


def _refuse_vast(part: Part) -> None:
    """One cell in the last row and column makes calamine allocate a grid of half a terabyte.

    So the corner of each sheet is looked for first, chunk by chunk in the text of every packed part, since a
    sheet may lie anywhere in the archive. Cells without a reference follow each other.
    """
    if not zipfile.is_zipfile(part.path):
        return
    spend = budget(part.name, part.path.stat().st_size)
    with zipfile.ZipFile(part.path) as archive:
        for member in archive.infolist():
            rows, columns, in_row, unpacked = 0, 0, 0, 0
            with archive.open(member) as packed:
                tail = b""
                while chunk := packed.read(1 << 20):
                    unpacked += len(chunk)
                    spend(len(chunk))
                    for letters, number in set(_REFERENCE.findall(tail + chunk)):
                        columns = max(columns, _column(letters.upper()))
                        rows = max(rows, int(number))
                    if columns < _MOST_COLUMNS:
                        in_row, longest = _cells_in_a_row(chunk, in_row)
                        columns = max(columns, min(longest, _MOST_COLUMNS))
                    tail = chunk[-24:]
                    if rows * columns > MOST_CELLS or unpacked > MOST_SHEET_BYTES:
                        raise ReadError(
                            "a sheet of the workbook spans too many cells",
                            where=part.name,
                            rule=f"A sheet has at most {MOST_CELLS:,} cells, empty ones between counted",
                            next_step="Delete what stands far outside the table, or send it as CSV",
                        )


def _cells_in_a_row(chunk: bytes, before: int) -> tuple[int, int]:
    """Cells without a reference since the last row began, and the most of them in any row of the chunk."""
    rows = _ROW.split(chunk)
    counts = [len(_CELL_WITHOUT.findall(row)) for row in rows]
    counts[0] += before
    return counts[-1], max(counts)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _wanted_sheets(book: calamine.CalamineWorkbook, sheet: str | None, name: str) -> list[str]:
    visible = [
        meta.name for meta in book.sheets_metadata if meta.visible == calamine.SheetVisibleEnum.Visible
    ]
    if sheet is None and len(visible) == 1:
        return visible
    wanted = [name.strip().lower() for name in sheet.split("|")] if sheet else []
    found = [each for each in book.sheet_names if each.lower() in wanted]
    if not found:
        found = [each for each in visible if any(fnmatch.fnmatchcase(each.lower(), name) for name in wanted)]
    if not found:
        what = (
            f"no visible sheet matches '{sheet}'"
            if sheet
            else f"the workbook has {len(visible)} visible sheets"
        )
        raise ReadError(
            what,
            where=name,
            rule=f"The visible sheets are {shown(visible)}",
            next_step="Name the sheet to read under `sheet:` in the contract",
        )
    return found


def _load_sheet(
    con: duckdb.DuckDBPyConnection,
    rows: list[list[Any]],
    where: str,
    reader: Reader,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
) -> str:
    records = _without_footer(list(_text_rows(rows, reader.skip_rows)), reader.footer)
    if reader.header_has:
        records = records[rows_above((cells for _, cells in records), reader.header_has, where) :]
    head = list(islice(records, reader.header_rows))
    if not head:
        raise ReadError(
            "the sheet is empty",
            where=where,
            rule="A delivery has a header row and at least one record",
            next_step="Check `sheet:` in the contract, or ask the partner to send the file again",
        )
    headers = as_declared(join_header_rows([cells for _, cells in head]), contracts)
    kept = keep_declared(headers, contracts, where, of_row=True)
    body = records[reader.header_rows :]
    for record in body:
        refuse_long_cell(record, where)
        _refuse_value_without_header(record, headers, where)
    load_records(con, table, body, len(headers), folder / f"{table}.csv")
    return select_columns(headers, kept, "_row_number", where, table)


def _text_rows(rows: list[list[Any]], skip_rows: int) -> Iterator[Record]:
    for number, row in enumerate(rows[skip_rows:], start=skip_rows + 1):
        cells = [cell_text(value) for value in row]
        if any(cell.strip() for cell in cells):
            yield number, cells


def cell_text(value: Any) -> str:
    """A cell as text: whole numbers without '.0', dates in ISO form, a formula's value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) <= _EXACT else repr(value)
    if isinstance(value, dt.datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    return str(value)


def _without_footer(records: list[Record], footer: str | None) -> list[Record]:
    end = len(records)
    while footer and end and re.search(footer, ",".join(records[end - 1][1]).strip(", ")):
        end -= 1
    return records[:end]


def _refuse_value_without_header(record: Record, headers: Sequence[str], where: str) -> None:
    number, cells = record
    for position, (header, cell) in enumerate(zip(headers, cells, strict=True)):
        if not header and cell.strip():
            raise ReadError(
                f"column {position + 1} has no header but holds a value",
                where=f"{where}, row {number}",
                rule="Only empty columns may go without a header",
                next_step="Ask the partner to name the column, or set `reader.footer` where it is a note"
                + TWO_HEADER_ROWS,
            )


def _unreadable(name: str, what: str) -> ReadError:
    return ReadError(
        what,
        where=name,
        rule="Workbooks are read as .xlsx without a password",
        next_step="Open it in Excel, save it again as .xlsx without a password, and send that",
    )
