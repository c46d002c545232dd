"""Rows of a query as CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from ingestion.spreadsheets import neutral

if TYPE_CHECKING:
    import duckdb


def write_rows(target: TextIO, found: duckdb.DuckDBPyConnection) -> int:
    """Write the pending rows of `found` with a header, as `write_table` does; how many they were."""
    write_table(target, [column[0] for column in found.description or []], ())
    rows = 0
    while batch := found.fetchmany(10_000):
        _write(target, batch)
        rows += len(batch)
    return rows


def write_table(target: TextIO, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a header and rows; before what a spreadsheet would take for a formula goes an apostrophe."""
    _write(target, [names, *rows])


def _write(target: TextIO, rows: Iterable[Sequence[Any]]) -> None:
    csv.writer(target, lineterminator="\n").writerows([map(neutral, row) for row in rows])
