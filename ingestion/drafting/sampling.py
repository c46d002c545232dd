"""The headers of a file nobody has described yet, its first rows, and what was noticed on the way to them."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingestion.drafting.footer import footer_of, last_records, told
from ingestion.errors import ReadError
from ingestion.readers.formats import FORMAT_BY_SUFFIX, suffix_of
from ingestion.readers.headers import shown
from ingestion.readers.text_encoding import TextFile, as_utf8
from ingestion.readers.unpacking import Part, unpack
from ingestion.sql_text import literal
from ingestion.wording import counted

SAMPLE_ROWS = 1000
DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
LINES_LOOKED_AT = 50


@dataclass(frozen=True)
class Sample:
    """The headers of a file and its first rows as text; `reader` and `sheet` as a contract has to say them.

    `noticed` has a sentence for everything that a person should look at; no cell of a row is in it.
    """

    headers: list[str]
    rows: Sequence[Sequence[str | None]] = field(repr=False)
    reader: dict[str, Any] = field(default_factory=dict)
    sheet: str | None = None
    noticed: tuple[str, ...] = ()

    def values(self, header: str) -> list[str]:
        """The filled cells below a header."""
        position = self.headers.index(header)
        cells = ((row[position] or "").strip() for row in self.rows if len(row) > position)
        return [cell for cell in cells if cell]


def sample_of(path: Path, folder: Path) -> Sample:
    """A sample of `path`, unpacked into `folder`; ReadError for a file without headers or that is broken."""
    part, *others = unpack(path, None, folder)
    try:
        sample = _sample(part, folder)
    except (csv.Error, duckdb.Error, ValueError) as error:  # their messages may quote a value
        kind = type(error).__name__
        raise ReadError(f"cannot be read ({kind})", where=part.name, next_step="Check the file") from None
    if not others:
        return sample
    several = f"The archive holds {len(others) + 1} files, and the headers are those of the first; `member:`"
    noticed = (f"{several} says which one to read, without it all are.", *sample.noticed)
    return Sample(sample.headers, sample.rows, sample.reader, sample.sheet, noticed)


def _sample(part: Part, folder: Path) -> Sample:
    match FORMAT_BY_SUFFIX.get(suffix_of(part.name)):
        case "xlsx":
            return _of_workbook(part)
        case "parquet":
            return _of_table("read_parquet", part, folder)
        case "json" | "ndjson":
            return _of_table("read_json", part, folder)
        case "xml":
            raise ReadError(
                "a contract for XML cannot be drafted",
                where=part.name,
                rule="Which of a file's elements are records is not written in it",
                next_step="Write one by hand, with `reader: {record: ...}`; docs/contracts.md shows it",
            )
    return _of_text(part, folder)


def _of_text(part: Part, folder: Path) -> Sample:
    text = as_utf8(part, None, None, folder)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        delimiter = _delimiter([line for line, _ in zip(file, range(LINES_LOOKED_AT), strict=False)])
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter)
        records, lines_before = [], []
        before = 0
        for record in reader:
            records.append(record)
            lines_before.append(before)
            before = reader.line_num
            if len(records) == SAMPLE_ROWS:
                break
    at = _header_at(records, part.name)
    how: dict[str, Any] = {"skip_rows": lines_before[at]} if lines_before[at] else {}
    noticed = _above(lines_before[at], records[:at]) + _below(records[at : at + 2])
    if delimiter != ",":
        how["delimiter"] = delimiter
        noticed.append(f"The delimiter is a {DELIMITERS[delimiter]}, not a comma.")
    noticed += _encoding(text)
    headers, body = _headers(records[at]), records[at + 1 :]
    is_whole = len(records) < SAMPLE_ROWS
    if footer := footer_of(body if is_whole else last_records(text.path, delimiter), len(headers)):
        how["footer"] = footer
        noticed.append(told(footer))
        body = body[:-1] if is_whole else body
    return Sample(headers, list(body), how, noticed=tuple(noticed))


def _delimiter(lines: Sequence[str]) -> str:
    """The one that stands equally often in most lines; titles above the table and texts in it differ."""

    def regular(delimiter: str) -> tuple[int, int]:
        counts = Counter(count for line in lines if (count := line.count(delimiter)))
        count, of_lines = max(counts.items(), key=lambda found: (found[1], found[0]), default=(0, 0))
        return of_lines, count

    return max(DELIMITERS, key=regular)


def _encoding(text: TextFile) -> list[str]:
    if text.encoding == "utf-8":
        return []
    found = f"The encoding is not UTF-8 but {text.encoding}."
    if text.encoding.startswith("utf-"):
        return [f"{found} The file's first bytes say so, and it is read by them."]
    return [
        f"{found} That is tried where a file is not UTF-8; `reader: {{encoding: {text.encoding}}}` insists."
    ]


def _of_workbook(part: Part) -> Sample:
    import python_calamine as calamine

    from ingestion.readers.workbook import cell_text

    book = calamine.CalamineWorkbook.from_path(str(part.path))
    visible = [
        meta.name for meta in book.sheets_metadata if meta.visible == calamine.SheetVisibleEnum.Visible
    ]
    sheets = {
        name: [
            [cell_text(cell) for cell in row]
            for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=SAMPLE_ROWS)
        ]
        for name in visible or book.sheet_names[:1]
    }
    taken = max(sheets, key=lambda name: sum(map(_filled, sheets[name])))
    records = sheets[taken]
    at = _header_at(records, part.name)
    noticed = _above(at, records[:at]) + _below(records[at : at + 2])
    if len(sheets) > 1:
        others = shown(name for name in sheets if name != taken)
        noticed.insert(
            0, f"Of {len(sheets)} sheets '{taken}' was taken, which holds most; the rest: {others}."
        )
    how: dict[str, Any] = {"skip_rows": at} if at else {}
    headers, body = _headers(records[at]), records[at + 1 :]
    if len(records) < SAMPLE_ROWS and (footer := footer_of(body, len(headers))):
        how["footer"] = footer
        noticed.append(told(footer))
        body = body[:-1]
    return Sample(
        headers,
        list(body),
        how,
        taken if len(sheets) > 1 else None,
        tuple(noticed),
    )


def _of_table(reader: str, part: Part, folder: Path) -> Sample:
    # a name of its own: a * in the file's name would read its neighbours too
    link = folder / "sample"
    link.symlink_to(part.path.absolute())
    source = f"{reader}({literal(str(link))})"
    with duckdb.connect(config={"threads": 1}) as con:
        headers = [row[0] for row in con.execute(f"describe from {source}").fetchall()]
        rows = con.execute(f"select columns(*)::varchar from {source} limit {SAMPLE_ROWS}").fetchall()
    return Sample(headers, list(rows))


def _header_at(records: Sequence[Sequence[str]], name: str) -> int:
    """Where the header row stands: the first with more than half as many cells filled as the fullest row.

    A row below the first must have no number in it, or it is a child's record below sparse headers.
    """
    filled = [*map(_filled, records)]
    most = max(filled, default=0)
    first = next((i for i, n in enumerate(filled) if n), None)
    if first is None:
        raise ReadError("the file has no headers", where=name, next_step="Name another file")
    found = next(i for i, n in enumerate(filled) if n * 2 > most)
    return first if any(map(_is_number, records[found])) else found


def _is_number(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell))


def _filled(record: Sequence[str]) -> int:
    return sum(1 for cell in record if cell.strip())


def _above(n: int, above: Sequence[Sequence[str]]) -> list[str]:
    """What to say of lines above the headers."""
    if not n:
        return []
    lines = counted(n, "line stands", "lines stand")
    said = f"{lines} above the headers, which `skip_rows: {n}` passes over."
    if above and _filled(above[-1]) > 1:
        said += f" If the last is part of the headers: `skip_rows: {n - 1}, header_rows: 2`."
    return [said]


def _below(two: Sequence[Sequence[str]]) -> list[str]:
    """What to say of the row below the headers, where it may be part of them.

    A merged cell leaves those to its right empty, and the row below names these columns; a child's record has
    a number somewhere.
    """
    if len(two) < 2:
        return []
    headers, below = two
    nameless = {i for i in range(len(below)) if not "".join(headers[i : i + 1]).strip()}
    if not any(below[i].strip() for i in nameless) or any(map(_is_number, below)):
        return []
    return [
        "The row below the headers names columns that have no header: if it is part of the headers, say"
        " `header_rows: 2` under `reader:`; a column's header is then both names, joined by a blank."
    ]


def _headers(record: Sequence[str]) -> list[str]:
    headers = [header.strip() for header in record]
    while headers and not headers[-1]:
        headers.pop()
    return headers
