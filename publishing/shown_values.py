"""The records of what releases showed of cells and of programs: what a later one must not be subtracted from.

They hold nothing that was not published, and are no part of a release. A row is one content of one cell, or
of one result of a program, with the first and the last release of a run of releases that had it; so what any
release showed are the rows it lies within.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from ingestion.home import Home
from ingestion.lake.files import sync_file, sync_folder
from ingestion.parquet_table import write_table
from ingestion.sql_text import literal
from publishing.release_history import UNFINISHED

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
RELEASES = {"first_release_id": "VARCHAR", "last_release_id": "VARCHAR"}
COLUMNS = {**KEYS, **CONTENT, **RELEASES}
PROGRAM_COLUMNS = {
    "community_id": "VARCHAR",
    "program_id": "VARCHAR",
    "school_year": "INTEGER",
    "indicator_id": "VARCHAR",
    "definition_version": "VARCHAR",
    "dosage": "VARCHAR",
    "method": "VARCHAR",
    "n_matched": "BIGINT",
    "share_matched": "DOUBLE",
    "participant_rate": "DOUBLE",
    "comparison_rate": "DOUBLE",
    "difference_points": "DOUBLE",
    "difference_points_low": "DOUBLE",
    "difference_points_high": "DOUBLE",
    "absence_before_points": "DOUBLE",
    "largest_difference_sd": "DOUBLE",
    "is_balanced": "BOOLEAN",
    "suppression": "VARCHAR",
    **RELEASES,
}


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
    """Empty records where there are none, so that the warehouse can be built before the first release.

    A record of another version gets the columns of this one.
    """
    home.published.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 1}) as con:
        for record, columns in ((home.shown_values, COLUMNS), (home.shown_programs, PROGRAM_COLUMNS)):
            if not record.exists():
                write_table(con, record, columns, [])
        known = _parquet(home.shown_values)
        if {row[0] for row in con.execute(f"describe from {known}").fetchall()} != {*COLUMNS}:
            _replace(con, home.shown_values, _OLDER.format(record=known))


def record_shown_values(home: Home) -> bool:
    """Add what the current release shows, unless it is in the records; True if that was to be done.

    Whatever was killed between a release and this, the next run of either does it.
    """
    values = home.current_release / "indicator_values.parquet"
    if not values.exists():
        return False
    ensure_shown_values(home)
    release_id = home.current_release.resolve().name
    with duckdb.connect(config={"threads": 1}) as con:
        if _is_known(con, home.shown_values, release_id):
            return False
        # programs before values, which say that both are there
        results = home.current_release / "program_results.parquet"
        if results.exists() and not _is_known(con, home.shown_programs, release_id):
            _write_programs(con, home.shown_programs, _parquet(results), release_id)
        _write(con, home.shown_values, _parquet(home.shown_values), _parquet(values), release_id)
    return True


def _parquet(file: Path) -> str:
    return f"read_parquet({literal(str(file))})"


def _is_known(con: duckdb.DuckDBPyConnection, record: Path, release_id: str) -> bool:
    found = con.execute(f"select 1 from {_parquet(record)} where last_release_id = ? limit 1", [release_id])
    return found.fetchone() is not None


def _write_programs(con: duckdb.DuckDBPyConnection, target: Path, results: str, release_id: str) -> None:
    content = ", ".join(name for name in PROGRAM_COLUMNS if name not in RELEASES)
    _replace(con, target, _both(content, _parquet(target), f"select {content} from {results}", release_id))


def _both(content: str, record: str, now: str, release_id: str) -> str:
    """SQL of the record with what the release shows."""
    released = literal(release_id)
    return f"""
        select
            {content},
            min_by(first_release_id, substr(first_release_id, 2)::bigint) as first_release_id,
            max_by(last_release_id, substr(last_release_id, 2)::bigint) as last_release_id
        from (
            select
                {content}, first_release_id, last_release_id,
                if(
                    substr(last_release_id, 2)::bigint = max(substr(last_release_id, 2)::bigint) over (),
                    'goes on', last_release_id
                ) as run
            from {record}
            union all by name
            select *, {released} as first_release_id, {released} as last_release_id, 'goes on' as run
            from ({now})
        )
        group by {content}, run
        order by all
        """


def _write(con: duckdb.DuckDBPyConnection, target: Path, record: str, values: str, release_id: str) -> None:
    same = ", ".join([*KEYS, *CONTENT])
    ends = [f"if(value_kind <> 'rate', {name}, null) as {name}" for name in ("value_low", "value_high")]
    now = ", ".join([*KEYS, *(name for name in CONTENT if name not in ("value_low", "value_high")), *ends])
    shown = f"select {now} from {values} where suppression <> 'not_received'"
    _replace(con, target, _both(same, record, shown, release_id))


def _replace(con: duckdb.DuckDBPyConnection, target: Path, rows: str) -> None:
    # by a name that the next run clears away, should this one be killed
    temporary = target.with_name(f"{UNFINISHED}{os.getpid()}-{target.name}")
    con.execute(f"copy ({rows}) to {literal(str(temporary))} (format parquet, compression zstd)")
    # it is the only memory of what was ever shown
    sync_file(temporary)
    temporary.replace(target)
    sync_folder(target.parent)
