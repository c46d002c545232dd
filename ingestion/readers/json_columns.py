"""JSON texts of which the shapes are known as a table of columns: every key that a contract takes is one."""

from collections.abc import Collection, Sequence

import duckdb

from ingestion.contracts.contract import Contract
from ingestion.errors import ReadError
from ingestion.readers.headers import folded, keep_declared, shown, trimmed
from ingestion.readers.json_texts import IS_BLANK, IS_OBJECT, Found, keys_of
from ingestion.readers.json_values import columns_sql
from ingestion.readers.records import LINE_IS_BROKEN, empty_file, refuse_value, select_columns
from ingestion.readers.spellings import as_declared


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
    headers = as_declared([trimmed(key) for key in keys], contracts)
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
    there = set(map(folded, headers))
    spared = {folded(h): h for contract in contracts for h in contract.spared_headers}
    absent = [header for fold, header in sorted(spared.items()) if fold not in there]
    broken = found.broken > 0
    return select_columns(headers, kept, "_row_number", name, table, has_broken_lines=broken, absent=absent)


def no_rows(con: duckdb.DuckDBPyConnection, contracts: Sequence[Contract], table: str, file_name: str) -> str:
    """What a file with every header of the contracts and no record would give; refused unless a contract
    takes it."""
    if not any(contract.tolerance.empty for contract in contracts):
        raise empty_file(file_name, may_be_said=True)
    found = {folded(header): header for contract in contracts for header in contract.file_headers}
    columns = ", ".join(f"null::varchar as c{i}" for i in range(len(found)))
    con.execute(f"create or replace table {table} as select {columns}, 0 as _row_number limit 0")
    return select_columns([*found.values()], range(len(found)), "_row_number", file_name, table)


def _rows_sql(texts: str, found: Found) -> str:
    """The texts with their numbers; what is no object is NULL, and told from a blank line."""
    if not found.broken and not found.blank:
        return f"(select text, rowid + 1 as _row_number from {texts})"
    flag = f", (not {IS_OBJECT} and not {IS_BLANK}) as {LINE_IS_BROKEN}" if found.broken else ""
    return (
        f"(select case when {IS_OBJECT} then text end as text, rowid + 1 as _row_number{flag} from {texts})"
    )


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
