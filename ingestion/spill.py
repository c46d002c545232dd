"""DuckDB in memory; what does not fit there goes into the home: it may hold children's rows."""

import itertools
import os
import shutil
from pathlib import Path

import duckdb

from ingestion.attempts import left_behind
from ingestion.home import Home

_serial = itertools.count(1)


def working_database(home: Home, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to an empty database; what it spills is gone when it is closed."""
    return database_spilling_below(home.spill, threads)


def database_spilling_below(folder: Path, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """The same, where no home is known: by itself DuckDB would spill into the current folder."""
    con = duckdb.connect(config={"threads": threads} if threads else {})
    con.execute("set enable_progress_bar = false")
    spill_below(con, folder)
    return con


def spill_below(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Let a connection spill into a folder of its own below this one."""
    # two that spill into one folder would take each other's files for their own
    own = folder / f"{os.getpid()}-{next(_serial)}"
    own.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # DuckDB makes the last folder alone
    con.execute("set temp_directory = ?", [str(own)])


def clear_spill(home: Home) -> None:
    """Remove what processes that are gone put aside or unpacked: it holds rows as they were sent."""
    for folder in left_behind(home.spill):
        shutil.rmtree(folder, ignore_errors=True)
