"""JSON: an array of objects, an object per line, or objects within a document; their keys are the headers."""

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from ingestion.contract import Contract
from ingestion.contract_columns import Reader
from ingestion.errors import ReadError
from ingestion.readers.headers import folded, keep_declared, shown, trimmed
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
from ingestion.readers.json_texts import (
    IS_BLANK,
    IS_OBJECT,
    MAX_OBJECT_BYTES,
    Found,
    keys_of,
    load_array,
    load_lines,
    store_shapes,
)
from ingestion.readers.json_values import columns_sql, pointer
from ingestion.readers.records import LINE_IS_BROKEN, empty_file, is_of_machine, refuse_value, select_columns
from ingestion.readers.text_encoding import TextFile, as_utf8
from ingestion.readers.unpacking import Part

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
        by = pointer(RESOURCE_TYPE) if is_lines and reader.record else "null"
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
    if not is_there:
        raise nothing_there(text.name, record, keys_of_document(text))
    if not found.objects:
        return no_rows(con, contracts, table, text.name)
    return fill_columns(con, table, found, contracts, text.name)


def fill_columns(
    con: duckdb.DuckDBPyConnection,
    table: str,
    found: Found,
    contracts: Sequence[Contract],
    name: str,
    known: Collection[str] = (),
) -> str:
    """Fill `table` from `<table>_texts` and `<table>_shapes`, which it drops, and return the select that
    names its columns.

    `known` are keys, as they are compared, that need not be declared.
    """
    texts, shapes = f"{table}_texts", f"{table}_shapes"
    keys = keys_of(con, shapes)
    wanted = {folded(header) for contract in contracts for header in contract.file_headers}
    keys = [key for key in keys if folded(key) in wanted or folded(key) not in known]
    headers = [trimmed(key) for key in keys]
    if not headers:
        raise empty_file(name)
    if any("\0" in key for key in keys):
        raise ReadError(
            "a key has a NUL character",
            where=name,
            rule="NUL characters show a damaged export",
            next_step="Ask the partner to export the file anew",
        )
    kept = keep_declared(headers, contracts, name)
    _refuse_repeated_key(con, shapes, name)
    plain = {folded(header) for contract in contracts for header in contract.value_headers}
    deep = {place: headers[i] for place, i in enumerate(kept, start=1) if folded(headers[i]) in plain}
    values = columns_sql(_rows_sql(texts, found), [keys[i] for i in kept], [f"c{i}" for i in kept], [*deep])
    con.execute(f"create or replace table {table} as {values}")
    con.execute(f"drop table {texts}; drop table {shapes}")
    first = con.execute(
        f"select _row_number, deep_place from {table} where deep_place is not null order by 1 limit 1"
    ).fetchone()
    if first:
        raise refuse_value(name, first[0], deep[abs(first[1])], is_deep=first[1] > 0)
    return select_columns(headers, kept, "_row_number", name, table, has_broken_lines=found.broken > 0)


def no_rows(con: duckdb.DuckDBPyConnection, contracts: Sequence[Contract], table: str, file_name: str) -> str:
    """What a file with every header of the contracts and no record would give; refused unless a contract
    takes it."""
    if not any(contract.tolerance.empty for contract in contracts):
        raise empty_file(file_name, may_be_said=True)
    found = {folded(header): header for contract in contracts for header in contract.file_headers}
    columns = ", ".join(f"null::varchar as c{i}" for i in range(len(found)))
    con.execute(f"create or replace table {table} as select {columns}, 0 as _row_number limit 0")
    return select_columns([*found.values()], range(len(found)), "_row_number", file_name, table)


def _record_of_other_format(name: str) -> ReadError:
    return ReadError(
        "the contract's `record` belongs to another format",
        where=name,
        rule="It is a path such as $.services[*] for a .json file, a resourceType of FHIR for .ndjson",
        next_step="Correct `reader: {record: ...}` in the contract, or say the format there too",
    )


def _rows_sql(texts: str, found: Found) -> str:
    """The texts with their numbers; what is no object is NULL, and told from a blank line."""
    if not found.broken and not found.blank:
        return f"(select text, rowid + 1 as _row_number from {texts})"
    flag = f", (not {IS_OBJECT} and not {IS_BLANK}) as {LINE_IS_BROKEN}" if found.broken else ""
    return (
        f"(select case when {IS_OBJECT} then text end as text, rowid + 1 as _row_number{flag} from {texts})"
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


def _reports_nothing(text: TextFile, is_lines: bool) -> bool:
    """Whether a file without an object is whole: an array without elements, or a file without lines."""
    with text.path.open(encoding="utf-8-sig") as file:
        return is_lines or file.read(MAX_OBJECT_BYTES).strip().startswith("[")


def _refuse_repeated_key(con: duckdb.DuckDBPyConnection, shapes: str, name: str) -> None:
    """Which of the two values is meant nobody can say; readers differ."""
    found = con.execute(
        "select _row_number, list_filter(keys, lambda k: len(list_filter(keys, lambda o: o = k)) > 1)[1]"
        f" from {shapes} where len(keys) <> len(list_distinct(keys)) order by 1 limit 1"
    ).fetchone()
    if found:
        raise ReadError(
            f"the object has the key {shown([trimmed(found[1])])} twice",
            where=f"{name}, row {found[0]}",
            rule="A key stands once in each object",
            next_step="Ask the partner to export the file anew with one value for each key",
        )
