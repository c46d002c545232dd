"""The floor: one hand-written DuckDB script, Riverbend's files in, the indicators' cells out.

It knows every file by heart, has no gate and no layers, keeps only the answer, and lets bad rows through.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.floor_cells import CELLS_MADE
from benchmarks.floor_measuring import MEASURING
from benchmarks.floor_reading import reading
from benchmarks.riverbend import CELLS, SUBGROUPS, unpacked


def cells(deliveries: Path, scratch: Path, output: Path) -> int:
    """Write the cells of every file in `deliveries` to the Parquet file `output`; returns how many."""
    flat = unpacked(deliveries, scratch / "unpacked")
    with duckdb.connect() as con:
        con.execute("set preserve_insertion_order = false")
        read(con, deliveries, flat)
        count(con)
        con.execute(f"copy (select {', '.join(CELLS)} from cells) to '{output}'")
        return int(con.table("cells").shape[0])


def read(con: duckdb.DuckDBPyConnection, deliveries: Path, flat: Path) -> None:
    """Make the typed tables of all files; `flat` holds the unpacked ones."""
    for table, sql in reading(deliveries, flat).items():
        con.execute(f"create table {table} as {sql}")


def count(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table `cells` of the typed tables."""
    con.execute(f"create type subgroup as enum {tuple(SUBGROUPS)}")
    con.execute("create type collection as enum ('annual', 'fall', 'winter', 'spring')")
    for table, sql in {**MEASURING, **CELLS_MADE}.items():
        con.execute(f"create table {table} as {sql}")
