"""Rows of a query as CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TextIO

from ingestion.spreadsheets import neutral

if TYPE_CHECKING:
    import duckdb


def write_rows(target: TextIO, found: duckdb.DuckDBPyConnection) -> int:
    """Write the pending rows of `found` with a header; how many they were.

    A text that a spreadsheet would take for a formula begins with an apostrophe; numbers are left alone.
    """
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([column[0] for column in found.description or []])
    rows = 0
    while batch := found.fetchmany(10_000):
        writer.writerows([map(neutral, row) for row in batch])
        rows += len(batch)
    return rows
