"""Whether the paths counted the same children, but for the rows that the gate held back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.riverbend import CELLS, KEYS
from ingestion.home import Home
from ingestion.warehouse_file import attach_warehouse


@dataclass(frozen=True)
class Agreement:
    """How many cells two paths share, how many are equal, and how many differ by more than they may."""

    cells: int
    equal: int
    too_far: int


def floor_and_pandas(floor: Path, in_pandas: Path) -> Agreement:
    """No cell may differ."""
    with duckdb.connect() as con:
        return _compare(con, f"'{floor}'", f"'{in_pandas}'", "select 0 as n")


def floor_and_warehouse(floor: Path, home: Home, planted_dirt: Path) -> Agreement:
    """A cell may differ by the rows held back in its year and collection, a cohort's by those of all years.

    The gate holds those rows back and the floor lets them through.
    """
    held_back = f"""
        select coalesce(sum(rows_held_back), 0) as n from '{planted_dirt}' as dirt
        where indicator_id = 'high_school_graduation'
            or (dirt.school_year = cells.school_year and dirt.collection = cells.collection)"""
    with duckdb.connect() as con:
        attach_warehouse(con, home)
        # of the floor's indicators all cells: what the floor lacks is a difference
        con.execute(f"""
            create table cells as
            select {", ".join(CELLS)} from warehouse.marts.indicator_cells
            where (indicator_id, definition_version) in (
                    select (indicator_id, definition_version) from '{floor}'
                )
        """)
        return _compare(con, f"'{floor}'", "cells", held_back)


def _compare(con: duckdb.DuckDBPyConnection, one: str, other: str, allowed: str) -> Agreement:
    """A cell that only one path has counts as 0 in the other."""
    row = con.execute(f"""
        with cells as (
            select {", ".join(KEYS)},
                abs(coalesce(one.denominator, 0) - coalesce(other.denominator, 0)) as n,
                abs(coalesce(one.numerator, 0) - coalesce(other.numerator, 0)) as x
            from {one} as one full join {other} as other using ({", ".join(KEYS)})
        )
        select count(*), count(*) filter (n = 0 and x = 0), count(*) filter (greatest(n, x) > ({allowed}))
        from cells
        """).fetchone()
    assert row is not None
    return Agreement(*map(int, row))
