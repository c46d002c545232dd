"""The record of every value that a release ever showed: what a later release must not be subtracted from.

It holds nothing that was not published, and is no part of a release. A row is one content of one cell, with
the first and the last release that had it.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from ingestion.home import Home
from ingestion.parquet_table import write_table
from ingestion.sql_text import literal

KEYS = {
    "community_id": "VARCHAR",
    "indicator_id": "VARCHAR",
    "definition_version": "VARCHAR",
    "school_year": "INTEGER",
    "collection": "VARCHAR",
    "geography_level": "VARCHAR",
    "geography_id": "VARCHAR",
    "disaggregate": "VARCHAR",
    "subgroup": "VARCHAR",
}
CONTENT = {
    "data_maturity": "VARCHAR",
    "denominator": "BIGINT",
    "rounded_to": "INTEGER",  # of the denominator; NULL where it is exact
    "numerator": "BIGINT",
    "value": "DOUBLE",
    "value_low": "DOUBLE",  # of bands and ranges; the interval of a rate follows from its counts
    "value_high": "DOUBLE",
    "value_kind": "VARCHAR",
    "suppression": "VARCHAR",
}
COLUMNS = {**KEYS, **CONTENT, "first_release_id": "VARCHAR", "last_release_id": "VARCHAR"}


# a record of before rounding and percentages were told of
_OLDER = """
select
    * exclude (band_low, band_high), null::integer as rounded_to,
    band_low as value_low, band_high as value_high,
    case
        when band_low is not null or suppression = 'rounded' then 'band'
        when value is not null then if(numerator is null, 'percent', 'rate')
    end as value_kind
from {record}
"""


def ensure_shown_values(home: Home) -> None:
    """An empty record where there is none, so that the warehouse can be built before the first release.

    A record of another version gets the columns of this one.
    """
    home.published.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 1}) as con:
        if not home.shown_values.exists():
            write_table(con, home.shown_values, COLUMNS, [])
            return
        record = f"read_parquet({literal(str(home.shown_values))})"
        if {row[0] for row in con.execute(f"describe from {record}").fetchall()} != {*COLUMNS}:
            _replace(con, home.shown_values, _OLDER.format(record=record))


def record_shown_values(home: Home) -> bool:
    """Add what the current release shows, unless it is in the record; True if that was to be done.

    Whatever was killed between a release and this, the next run of either does it.
    """
    values = home.current_release / "indicator_values.parquet"
    if not values.exists():
        return False
    ensure_shown_values(home)
    with duckdb.connect(config={"threads": 1}) as con:
        release_id = home.current_release.resolve().name
        record = f"read_parquet({literal(str(home.shown_values))})"
        (known,) = con.execute(
            f"select count(*) from {record} where last_release_id = ?", [release_id]
        ).fetchall()[0]
        if known:
            return False
        _write(con, home.shown_values, record, f"read_parquet({literal(str(values))})", release_id)
    return True


def _write(con: duckdb.DuckDBPyConnection, target: Path, record: str, values: str, release_id: str) -> None:
    same = ", ".join([*KEYS, *CONTENT])
    ends = [f"if(value_kind <> 'rate', {name}, null) as {name}" for name in ("value_low", "value_high")]
    now = ", ".join([*KEYS, *(name for name in CONTENT if name not in ("value_low", "value_high")), *ends])
    released = literal(release_id)
    _replace(
        con,
        target,
        f"""
        select
            {same},
            min_by(first_release_id, substr(first_release_id, 2)::bigint) as first_release_id,
            max_by(last_release_id, substr(last_release_id, 2)::bigint) as last_release_id
        from (
            select {same}, first_release_id, last_release_id from {record}
            union all by name
            select {now}, {released} as first_release_id, {released} as last_release_id
            from {values} where suppression <> 'not_received'
        )
        group by {same}
        order by all
        """,
    )


def _replace(con: duckdb.DuckDBPyConnection, target: Path, rows: str) -> None:
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    con.execute(f"copy ({rows}) to {literal(str(temporary))} (format parquet, compression zstd)")
    temporary.replace(target)
