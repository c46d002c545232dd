"""The warehouse of a home, open to be written by hand: in a deployment dbt alone does."""

from __future__ import annotations

import duckdb

from ingestion.home import Home
from ingestion.warehouse_file import attach_warehouse_to_write


def write_warehouse(home: Home) -> duckdb.DuckDBPyConnection:
    """A connection that uses the warehouse, encrypted with the key of tests; made where there is none."""
    con = duckdb.connect()
    attach_warehouse_to_write(con, home)
    con.execute("use warehouse")
    return con
