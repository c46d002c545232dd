"""Small tables of our own as Parquet files, whole or not at all."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ingestion.sql_text import literal

ROWS_AT_ONCE = 1000


def write_table(
    con: duckdb.DuckDBPyConnection,
    target: Path,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
) -> Path:
    """Write `rows`, values in the order of `columns` (name -> SQL type); the folder is there."""
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    con.execute(f"create or replace temp table written ({listed})")
    values = [f"({', '.join(map(literal, row))})" for row in rows]
    for start in range(0, len(values), ROWS_AT_ONCE):
        con.execute(f"insert into written values {', '.join(values[start : start + ROWS_AT_ONCE])}")
    con.execute(f"copy written to {literal(str(temporary))} (format parquet)")
    temporary.replace(target)
    return target
