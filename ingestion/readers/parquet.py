"""Parquet files: every column as the text a partner would have written."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from ingestion.contract import Contract
from ingestion.errors import ReadError
from ingestion.readers.headers import keep_declared, trimmed
from ingestion.readers.records import identifier, literal, select_columns
from ingestion.readers.unpacking import Part


def read_parquet(
    con: duckdb.DuckDBPyConnection,
    part: Part,
    contracts: Sequence[Contract],
    table: str,
    folder: Path,
) -> str:
    """Fill `table` from a Parquet file and return the select that names its columns and numbers its rows
    from 1."""
    link = folder / f"{table}.parquet"
    link.symlink_to(part.path.absolute())
    source = f"read_parquet({literal(str(link))})"
    try:
        described = con.execute(f"describe select * from {source}").fetchall()
        headers = [trimmed(row[0]) for row in described]
        kept = keep_declared(headers, contracts, part.name)
        texts = ", ".join(f"{_as_text(identifier(described[i][0]), described[i][1])} as c{i}" for i in kept)
        con.execute(f"create or replace table {table} as select {texts} from {source}")
    except duckdb.Error:
        raise ReadError(
            "the file is not a sound Parquet file",
            where=part.name,
            rule="Parquet files must be complete, with their footer",
            next_step="Ask the partner to write and send it again",
        ) from None
    return select_columns(headers, kept, "rowid + 1", part.name, table)


def _as_text(column: str, sql_type: str) -> str:
    """Ids that became floats on the way (12345.0) are whole numbers again; lists are joined by commas."""
    if sql_type in ("FLOAT", "DOUBLE"):
        is_whole = f"{column} = trunc({column}) and abs({column}) <= 9007199254740992"
        return f"case when {is_whole} then {column}::bigint::varchar else {column}::varchar end"
    if sql_type.endswith("[]"):
        return f"array_to_string({column}::varchar[], ',')"
    return f"{column}::varchar"
