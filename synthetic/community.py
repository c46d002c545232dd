"""Write a whole made-up community: deliveries, deliveries meant to be rejected, truth and manifest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from synthetic import facts, sectors, world
from synthetic.calendars import Collection, collections
from synthetic.deliveries import REGISTER, Series, write_delivery
from synthetic.manifest import Expected, File, Manifest
from synthetic.partners import (
    admissions_test,
    area_sources,
    college_tracker,
    early_childhood,
    health_systems,
    homeless_system,
    housing,
    lakeshore,
    providers,
    registries,
    river_city,
    service_directory,
    wage_records,
)
from synthetic.planted import PLANTED
from synthetic.rejected import write_rejected
from synthetic.truth import write_truth

SERIES: tuple[Series, ...] = (
    *river_city.SERIES,
    *lakeshore.SERIES,
    *college_tracker.SERIES,
    *admissions_test.SERIES,
)
SECTORS: tuple[Series, ...] = (
    *homeless_system.SERIES,
    *health_systems.SERIES,
    *registries.SERIES,
    *early_childhood.SERIES,
    *providers.SERIES,
    *housing.SERIES,
    *wage_records.SERIES,
    *service_directory.SERIES,
    *area_sources.SERIES,
)
DELIVERIES = "deliveries"
THREADS = 2

Due = tuple[Series, Collection]


def write_community(
    folder: Path,
    *,
    children_per_year: int = 12_000,
    first_year: int = 2020,
    n_years: int = 6,
    interim_years: int = 2,
    seed: int = 20240701,
    with_sectors: bool = True,
) -> Manifest:
    """Write Riverbend into `folder` as deliveries/, rejected/, truth/ and manifest.json.

    The same arguments give the same bytes.

    `children_per_year` children are enrolled in the first year and about as many in each later one; the last
    `interim_years` years have fall, winter and spring collections beside the annual one. Without
        `with_sectors`
    there are schools, colleges and the admissions test alone, byte for byte as they are with the others.
    """
    calendar = collections(first_year, n_years, interim_years)
    # A fixed number of threads: the order in which some aggregates see rows depends on it.
    with duckdb.connect(config={"threads": THREADS}) as con:
        con.execute("set enable_progress_bar = false")
        world.build(
            con, children_per_year=children_per_year, first_year=first_year, n_years=n_years, seed=seed,
            calendar=calendar, extracts={extract for series in SERIES for extract in series.extracts},
        )  # fmt: skip
        facts.build(con)
        con.execute(REGISTER)
        if with_sectors:
            sectors.build(
                con, children_per_year=children_per_year, last_year=first_year + n_years - 1, seed=seed
            )
        series_sent = (*SERIES, *SECTORS) if with_sectors else SERIES
        due = [
            (series, collection)
            for collection in calendar
            for series in series_sent
            if series.sent(collection)
        ]
        rows = _write_all(con, folder / DELIVERIES, due)
        # Nobody sends a file without rows, such as the college tracker before the first graduates.
        deliveries = tuple(_described(con, *file, n) for file, n in zip(due, rows, strict=True) if n)
        rejected = write_rejected(con, folder, calendar[-1])
        truth = write_truth(con, folder / "truth", sectors.TRUTH if with_sectors else {})
    manifest = Manifest(folder, seed, children_per_year, deliveries, rejected, tuple(truth))
    manifest.save()
    return manifest


def _write_all(con: duckdb.DuckDBPyConnection, folder: Path, due: list[Due]) -> list[int]:
    """Write every file and return their numbers of rows: as many at a time as there are threads."""

    def write(file: Due) -> int:
        with con.cursor() as own:
            return write_delivery(own, folder, *file, PLANTED)

    con.execute("set threads = 1")
    with ThreadPoolExecutor(THREADS) as pool:
        rows = list(pool.map(write, due))
    con.execute(f"set threads = {THREADS}")
    return rows


def _described(con: duckdb.DuckDBPyConnection, series: Series, collection: Collection, rows: int) -> File:
    """The manifest's entry of one file, with what the register says of it."""
    path = series.path(collection)
    held = dict(
        con.execute(
            "select extract_id, sum(rows_held_back) from planted_dirt where file = ? and is_held_back"
            " group by all",
            [path],
        ).fetchall()
    )
    expected = tuple(
        Expected(
            extract,
            "accepted_with_quarantine" if held.get(extract) else "accepted",
            int(held.get(extract, 0)),
        )
        for extract in series.extracts
    )
    return File(f"{DELIVERIES}/{path}", series.name, collection.school_year, collection.name, rows, expected)
