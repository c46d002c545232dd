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
    _create(con, columns)
    values = [f"({', '.join(map(literal, row))})" for row in rows]
    for start in range(0, len(values), ROWS_AT_ONCE):
        con.execute(f"insert into written values {', '.join(values[start : start + ROWS_AT_ONCE])}")
    return _copied(con, target)


def write_known_columns(
    con: duckdb.DuckDBPyConnection, target: Path, columns: Mapping[str, str], source: Path
) -> Path:
    """Write the rows of `source`, a file of another version: null where it lacks a column, without others."""
    described = con.execute(f"describe select * from read_parquet({literal(str(source))})").fetchall()
    there = ", ".join(f'"{row[0]}"' for row in described if row[0] in columns)
    _create(con, columns)
    con.execute(f"insert into written by name select {there} from read_parquet({literal(str(source))})")
    return _copied(con, target)


def _create(con: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> None:
    listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    con.execute(f"create or replace temp table written ({listed})")


def _copied(con: duckdb.DuckDBPyConnection, target: Path) -> Path:
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    con.execute(f"copy written to {literal(str(temporary))} (format parquet)")
    temporary.replace(target)
    return target
