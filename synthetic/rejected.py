"""Deliveries meant to be rejected: re-sent files that are worse than what is already in force."""

from __future__ import annotations

from pathlib import Path

import duckdb

from synthetic.calendars import Collection
from synthetic.deliveries import Series, write_delivery
from synthetic.manifest import Expected, File
from synthetic.partners import lakeshore, river_city

REJECTED = "rejected"


def write_rejected(con: duckdb.DuckDBPyConnection, folder: Path, collection: Collection) -> tuple[File, ...]:
    """River City's last attendance cut in half, and Lakeshore's enrolment with an undeclared column."""
    half = _altered("river_city.attendance", "select * from ({query}) where _source % 2 = 0")
    undeclared = _altered("lakeshore.enrollment", "select *, '000' as ssn_last4 from ({query})")
    return tuple(_write(con, folder, series, collection) for series in (half, undeclared))


def _altered(name: str, sql: str) -> Series:
    """A series whose files hold something else than they should."""
    series = next(series for series in (*river_city.SERIES, *lakeshore.SERIES) if series.name == name)
    return Series(
        f"rejected.{series.name}",
        series.file,
        series.extracts,
        lambda collection: sql.format(query=series.query(collection)),
        series.format,
        series.sent,
    )


def _write(con: duckdb.DuckDBPyConnection, folder: Path, series: Series, collection: Collection) -> File:
    rows = write_delivery(con, folder / REJECTED, series, collection, ())
    expected = tuple(Expected(extract, "rejected") for extract in series.extracts)
    path = f"{REJECTED}/{series.path(collection)}"
    return File(path, series.name, collection.school_year, collection.name, rows, expected)
