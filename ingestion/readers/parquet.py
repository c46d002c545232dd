"""Parquet files: every column as the text a partner would have written."""

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from ingestion.contracts.contract import Contract
from ingestion.errors import ReadError
from ingestion.readers.headers import folded, keep_declared, trimmed
from ingestion.readers.records import MAX_CELL_BYTES, is_of_machine, long_cell, refuse_value, select_columns
from ingestion.readers.spellings import as_declared
from ingestion.readers.unpacking import Part
from ingestion.sql_text import identifier, literal
from ingestion.unpacked_size import MAX_RATIO

# below this size a high ratio is a file of equal cells, and harmless
RATIO_COUNTS_FROM_BYTES = 2**30
_BYTES_PER_VALUE = 16  # what DuckDB takes for a text, however short


def read_parquet(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
) -> str:
    """Fill `table` from a Parquet file and return the select that names its columns and numbers its rows
    from 1.

    A list of plain values becomes its values joined by commas. A value with parts, or a list with a comma in
    one of its values, is JSON text where only an `sql:` of the contract uses it, and is refused as the value
    of a column. A fault of the machine is raised as DuckDB tells it.
    """
    link = folder / f"{table}.parquet"
    link.symlink_to(part.path.absolute())
    source = f"read_parquet({literal(str(link))})"
    try:
        described = con.execute(f"describe select * from {source}").fetchall()
        headers = as_declared([trimmed(row[0]) for row in described], contracts)
        kept = keep_declared(headers, contracts, part.name)
        columns = {i: (identifier(described[i][0]), str(described[i][1])) for i in kept}
        plain = {folded(header) for contract in contracts for header in contract.value_headers}
        for i, (_, sql_type) in columns.items():
            if folded(headers[i]) in plain and _is_nested(sql_type):
                raise refuse_value(part.name, None, headers[i], is_deep=True)
        _refuse_vast(con, source, columns.values(), part)
        texts = ", ".join(f"{_as_text(*column)} as c{i}" for i, column in columns.items())
        con.execute(f"create or replace table {table} as select {texts} from {source}")
        for i, (column, sql_type) in columns.items():
            if folded(headers[i]) in plain and sql_type.endswith("[]"):
                _refuse_comma(con, source, column, part.name, headers[i])
    except duckdb.Error as error:
        if is_of_machine(error):
            raise
        raise ReadError(
            "the file is not a sound Parquet file",
            where=part.name,
            rule="Parquet files must be complete, with their footer",
            next_step="Ask the partner to write and send it again",
        ) from None
    return select_columns(headers, kept, "rowid + 1", part.name, table)


def _refuse_vast(
    con: duckdb.DuckDBPyConnection, source: str, columns: Collection[tuple[str, str]], part: Part
) -> None:
    """Refuse what would not fit: a value that is repeated takes next to nothing in Parquet, as text a lot.

    5,000 cells of 1 MB are a file of 2 kB. Their lengths are asked for before anything is kept of them.
    """
    lengths = [f"strlen({column}::varchar)" for column, sql_type in columns if _is_long(sql_type)]
    longest = f"max(greatest({', '.join(lengths)}))" if lengths else "0"
    total = " + ".join(f"coalesce(sum({length}), 0)" for length in lengths) or "0"
    n_rows, n_bytes, longest_cell = con.execute(
        f"select count(*), {total}, {longest} from {source}"
    ).fetchall()[0]
    if (longest_cell or 0) > MAX_CELL_BYTES:
        (row,) = con.execute(
            f"select min(row_number) from (select row_number() over () as row_number,"
            f" greatest({', '.join(lengths)}) as longest from {source}) where longest > {MAX_CELL_BYTES}"
        ).fetchall()[0]
        raise long_cell(part.name, row)
    n_bytes += n_rows * len(columns) * _BYTES_PER_VALUE
    if n_bytes > max(RATIO_COUNTS_FROM_BYTES, MAX_RATIO * part.path.stat().st_size):
        raise ReadError(
            f"the file unpacks to more than {MAX_RATIO} times its size",
            where=part.name,
            rule="Packed files that grow beyond the limits are taken for an attack and not unpacked",
            next_step="If it is honest, send it as CSV or in several files",
        )


def _refuse_comma(con: duckdb.DuckDBPyConnection, source: str, column: str, name: str, header: str) -> None:
    commas = f"list_filter({column}::varchar[], lambda x: contains(x, ','))"
    found = con.execute(
        f"select row_number from (select row_number() over () as row_number, {column} from {source})"
        f" where len({commas}) > 0 order by 1 limit 1"
    ).fetchone()
    if found:
        raise refuse_value(name, found[0], header, is_deep=False)


def _is_long(sql_type: str) -> bool:
    """Whether values of a type may be long as text."""
    return sql_type in ("VARCHAR", "BLOB", "JSON") or sql_type.endswith("[]") or _is_nested(sql_type)


def _is_nested(sql_type: str) -> bool:
    """Whether a type has parts, lists of plain values left aside."""
    inner = sql_type.removesuffix("[]")
    return inner.endswith("]") or inner.startswith(("STRUCT", "MAP", "UNION"))


def _as_text(column: str, sql_type: str) -> str:
    """Ids that became floats on the way (12345.0) are whole numbers again; lists are joined by commas."""
    if sql_type in ("FLOAT", "DOUBLE"):
        is_whole = f"{column} = trunc({column}) and abs({column}) <= 9007199254740992"
        return f"case when {is_whole} then {column}::bigint::varchar else {column}::varchar end"
    if _is_nested(sql_type):
        return f"to_json({column})::varchar"
    if sql_type.endswith("[]"):
        values = f"list_transform({column}::varchar[], lambda x: coalesce(x, ''))"
        commas = f"len(list_filter({values}, lambda x: contains(x, ','))) > 0"
        return f"case when {commas} then to_json({column})::varchar else array_to_string({values}, ',') end"
    return f"{column}::varchar"
