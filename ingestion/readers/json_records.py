"""JSON: an array of objects, an object per line, or objects within a document; their keys are the headers."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from ingestion.contracts.columns import Reader
from ingestion.contracts.contract import Contract
from ingestion.errors import ReadError
from ingestion.readers.headers import folded
from ingestion.readers.json_columns import fill_columns, no_rows
from ingestion.readers.json_faults import (
    broken_document,
    broken_json,
    bundle,
    cut_off,
    is_cut_off,
    keys_of_document,
    looks_like_bundle,
    other_resource,
)
from ingestion.readers.json_path import load_at_path, nothing_there
from ingestion.readers.json_texts import MAX_OBJECT_BYTES, Found, load_array, load_lines, store_shapes
from ingestion.readers.json_values import pointer
from ingestion.readers.records import is_of_machine
from ingestion.readers.text_encoding import TextFile, as_utf8
from ingestion.readers.unpacking import Part
from ingestion.sql_text import literal

RESOURCE_TYPE = "resourceType"


def read_json(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    reader: Reader,
    is_lines: bool,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
) -> str:
    """Fill `table` from JSON objects and return the select that names its columns and numbers its rows.

    Rows are numbered by line in a file of lines, by record (from 1) elsewhere. A list of plain values
    becomes its values joined by commas, null an empty one among them. Anything deeper, or a list with a comma
    in one of its values, stays JSON text where only an `sql:` of the contract uses it, and is refused as the
    value of a column. So is a key that an object has twice.

    A line that is no JSON object becomes a row without values, which the gate holds back, as long as most
    lines are sound and the last one is whole; elsewhere the file is refused.

    A fault of the machine (no memory, a full disk) is raised as DuckDB tells it: it says nothing of the file.
    """
    text = as_utf8(part, reader.encoding, None, folder)
    link = folder / f"{table}.json"
    link.symlink_to(text.path.absolute())
    if reader.record and reader.record.startswith("$") == is_lines:
        raise _record_of_other_format(part.name)
    if reader.record and not is_lines:
        return _read_document(con, text, link, reader.record, contracts, table)
    texts, shapes = f"{table}_texts", f"{table}_shapes"
    try:
        (load_lines if is_lines else load_array)(con, link, texts)
        by = _resource_type_sql(reader.record) if is_lines and reader.record else "null"
        found = store_shapes(con, texts, shapes, by=by)
    except duckdb.Error as error:
        if is_of_machine(error):
            raise
        raise broken_json(text, is_lines) from None
    _refuse_broken(con, text, is_lines, found, texts, shapes)
    if is_lines and reader.record:
        _refuse_other_resources(con, shapes, reader.record, part.name)
    if not found.objects and not found.broken and _reports_nothing(text, is_lines):
        return no_rows(con, contracts, table, part.name)
    known = {folded(RESOURCE_TYPE)} if is_lines and reader.record else set()
    return fill_columns(con, table, found, contracts, part.name, known)


def _read_document(
    con: duckdb.DuckDBPyConnection,
    text: TextFile,
    link: Path,
    record: str,
    contracts: Sequence[Contract],
    table: str,
) -> str:
    texts = f"{table}_texts"
    headers = dict.fromkeys(header for contract in contracts for header in contract.file_headers)
    try:
        is_there = load_at_path(con, link, record, headers, texts, text.name)
        found = store_shapes(con, texts, f"{table}_shapes")
    except duckdb.Error as error:
        if is_of_machine(error):
            raise
        is_array = record.startswith("$[*]")
        raise (broken_json(text, False) if is_array else broken_document(text)) from None
    if found.broken or found.blank:
        raise ReadError(
            f"a value at {record} is not an object",
            where=f"{text.name}, row {found.first_broken}",
            rule="A record is an object; a list of them is taken apart by [*] at the end of the path",
            next_step="Correct `reader: {record: ...}` in the contract, or ask for the agreed form",
        )
    # organizations without programs leave the key out, and the contract says whether that may be
    if not is_there and not any(contract.tolerance.empty for contract in contracts):
        raise nothing_there(text.name, record, keys_of_document(text))
    if not found.objects:
        return no_rows(con, contracts, table, text.name)
    return fill_columns(con, table, found, contracts, text.name)


def _record_of_other_format(name: str) -> ReadError:
    return ReadError(
        "the contract's `record` belongs to another format",
        where=name,
        rule="It is a path such as $.services[*] for a .json file, a resourceType of FHIR for .ndjson",
        next_step="Correct `reader: {record: ...}` in the contract, or say the format there too",
    )


def _refuse_broken(
    con: duckdb.DuckDBPyConnection, text: TextFile, is_lines: bool, found: Found, texts: str, shapes: str
) -> None:
    if is_lines and (line := _bundle_at(con, texts, shapes)):
        raise bundle(text.name, line)
    if not found.broken:
        return
    if is_lines and looks_like_bundle(text.path):
        raise bundle(text.name, 1)
    if not is_lines or found.broken > found.objects:
        raise broken_json(text, is_lines)
    if is_cut_off(text):
        raise cut_off(text)


def _bundle_at(con: duckdb.DuckDBPyConnection, texts: str, shapes: str) -> int | None:
    """The first row that is a FHIR Bundle: looked for only where an object has the keys of one."""
    rows = con.execute(
        f"select _row_number - 1 from {shapes} where list_has_all(keys, ['{RESOURCE_TYPE}', 'type'])"
    ).fetchall()
    if not rows:
        return None
    first = con.execute(
        f"select min(rowid) + 1 from {texts} where rowid in ({', '.join(str(row[0]) for row in rows)})"
        f" and json_extract_string(text, {pointer(RESOURCE_TYPE)}) = 'Bundle'"
    ).fetchone()
    return first[0] if first else None


def _refuse_other_resources(con: duckdb.DuckDBPyConnection, shapes: str, record: str, name: str) -> None:
    count, first = con.execute(
        f"select coalesce(sum(n), 0)::bigint, min(_row_number) from {shapes}"
        f" where form = 'object' and told_by is distinct from ?",
        [record],
    ).fetchall()[0]
    if count:
        raise other_resource(name, record, count, first)


def _resource_type_sql(record: str) -> str:
    """The resourceType of a line; servers write it first, which spares nearly all lines another parsing."""
    first = literal(f'{{"{RESOURCE_TYPE}":"{record}"')
    told = f"json_extract_string(text, {pointer(RESOURCE_TYPE)})"
    return f"case when starts_with(text, {first}) then {literal(record)} else {told} end"


def _reports_nothing(text: TextFile, is_lines: bool) -> bool:
    """Whether a file without an object is whole: an array without elements, or a file without lines."""
    with text.path.open(encoding="utf-8-sig") as file:
        return is_lines or file.read(MAX_OBJECT_BYTES).strip().startswith("[")
