"""Writers of the file formats partners use: from a SELECT of text to a file, always the same bytes."""

from __future__ import annotations

import codecs
import gzip
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

# Writes the rows of a SELECT in their order and returns their number.
Writer = Callable[[duckdb.DuckDBPyConnection, str, Path], int]
_ARCHIVE_TIME = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Format:
    """How a file is written, and the physical number of its first data row (headers counted)."""

    write: Writer
    first_row: int = 2


def quoted(name: str) -> str:
    """A column name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(path: Path) -> str:
    """A path in SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def _copy(con: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> int:
    return int(con.execute(f"copy ({query}) to {literal(path)} ({options})").fetchall()[0][0])


def delimited(
    delimiter: str = ",", *, encoding: str = "utf-8", bom: bool = False, crlf: bool = False, footer: str = ""
) -> Format:
    """Delimited text; `footer` is a last line for people, with {rows} in it."""
    end = "\r\n" if crlf else "\n"
    options = f"format csv, delimiter '{delimiter}', header true, new_line '{end}', compression none"

    def write(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
        rows = _copy(con, query, path, options)
        if footer:
            with path.open("ab") as file:
                file.write((footer.format(rows=rows) + end).encode())
        if encoding != "utf-8":
            path.write_bytes(path.read_bytes().decode().encode(encoding))
        if bom:
            path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
        return rows

    return Format(write)


def gzipped(inner: Format) -> Format:
    """The same file compressed."""

    def write(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
        rows = inner.write(con, query, path)
        content = path.read_bytes()
        # no name and no time in the header: the same content gives the same bytes
        with (
            path.open("wb") as file,
            gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=4, mtime=0) as stream,
        ):
            stream.write(content)
        return rows

    return Format(write, inner.first_row)


def zipped(inner: Format, member: str) -> Format:
    """The same file as a member of a zip."""

    def write(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
        rows = inner.write(con, query, path)
        _write_zip(path, {member: path.read_bytes()})
        return rows

    return Format(write, inner.first_row)


def archive(members: dict[str, tuple[str, Format]]) -> Format:
    """A zip of members, each from a query of its own; the series' query says whether there is any."""

    def write(con: duckdb.DuckDBPyConnection, _: str, path: Path) -> int:
        rows, contents = 0, {}
        for member, (own_query, inner) in members.items():
            piece = path.with_name(f"{path.name}.{member}")
            rows += inner.write(con, own_query, piece)
            contents[member] = piece.read_bytes()
            piece.unlink()
        _write_zip(path, contents)
        return rows

    return Format(write, first_row=1)


def lines() -> Format:
    """The text of the only column, a line per row."""
    options = "format csv, header false, delimiter '\x1f', quote '', escape '', compression none"
    return Format(lambda con, query, path: _copy(con, query, path, options), first_row=1)


def _write_zip(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _ARCHIVE_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def fixed_width(widths: dict[str, tuple[int, int]]) -> Format:
    """Lines without a header: each column from its start (counted from 1) for its length."""
    ends = [start + length for start, length in widths.values()]
    starts = [*[start for start, _ in widths.values()][1:], max(ends)]
    cells = [
        f"rpad(coalesce({quoted(name)}, ''), {length}, ' ')"
        + (f", '{' ' * (following - end)}'" if following > end else "")
        for (name, (_, length)), end, following in zip(widths.items(), ends, starts, strict=True)
    ]

    def write(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
        joined = f"select concat({', '.join(cells)}) from ({query})"
        return _copy(con, joined, path, "format csv, header false, delimiter '\x1f', quote '', escape ''")

    return Format(write, first_row=1)


def json_lines() -> Format:
    """One JSON object per line."""
    return Format(lambda con, query, path: _copy(con, query, path, "format json"), first_row=1)


def json_array() -> Format:
    """One JSON array of objects."""
    return Format(lambda con, query, path: _copy(con, query, path, "format json, array true"), first_row=1)


def workbook(sheet: str, *, groups: dict[str, int] | None = None, numeric: tuple[str, ...] = ()) -> Format:
    """An Excel workbook of one sheet; `groups` is an upper header row, cells merged over so many columns."""

    def write(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
        columns = con.sql(query).columns
        headers, merged = _group_row(groups) if groups else ("", [])
        headers += _text_row([name.removeprefix(_group_of(name, groups)) for name in columns])
        cells = " || ".join(_cell_sql(name, name in numeric) for name in columns)
        rows, body = con.execute(
            "select count(*), coalesce(string_agg(line, '' order by place), '') from ("
            f"select '<row>' || {cells} || '</row>' as line, row_number() over () as place from ({query}))"
        ).fetchall()[0]
        _write_zip(path, _workbook_parts(sheet, headers + body, merged))
        return int(rows)

    return Format(write, first_row=3 if groups else 2)


def _group_row(groups: dict[str, int]) -> tuple[str, list[str]]:
    """The upper header row, and the cells merged in it."""
    cells: list[str] = []
    merged = []
    for title, width in groups.items():
        if width > 1:
            merged.append(f"{_letter(len(cells))}1:{_letter(len(cells) + width - 1)}1")
        cells += [title, *[""] * (width - 1)]
    return _text_row(cells), merged


def _group_of(name: str, groups: dict[str, int] | None) -> str:
    """The group's title that stands before a column's own, as far as it is written in the upper row."""
    return next((f"{title} " for title in groups or {} if name.startswith(f"{title} ")), "")


def _letter(position: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[position]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text_row(cells: list[str]) -> str:
    return (
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{_escaped(cell)}</t></is></c>' for cell in cells)
        + "</row>"
    )


def _cell_sql(name: str, is_number: bool) -> str:
    column = f"coalesce({quoted(name)}, '')"
    escaped = f"replace(replace(replace({column}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"
    text = f"""'<c t="inlineStr"><is><t>' || {escaped} || '</t></is></c>'"""
    if not is_number:
        return text
    number = f"'<c><v>' || {column} || '</v></c>'"
    return f"case when regexp_full_match({column}, '-?[0-9.]+') then {number} else {text} end"


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _workbook_parts(sheet: str, rows: str, merged: list[str]) -> dict[str, bytes]:
    """The five parts that make the smallest workbook every reader opens."""
    cells = "".join(f'<mergeCell ref="{cell}"/>' for cell in merged)
    merges = f"<mergeCells>{cells}</mergeCells>" if merged else ""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{_escaped(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData>{merges}'
        "</worksheet>",
    }
    return {name: (_XML + text).encode() for name, text in parts.items()}
