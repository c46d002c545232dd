"""DuckDB in memory; what does not fit there goes into the home: it may hold children's rows."""

import itertools
import os
import re
import shutil
from pathlib import Path

import duckdb

from ingestion.attempts import left_behind
from ingestion.errors import MilepostError
from ingestion.home import Home

MEMORY_VARIABLE = "MILEPOST_MEMORY"
_AMOUNT = re.compile(r"[1-9]\d*(\.\d+)? ?[MG]i?B", re.IGNORECASE)
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
    """Let a connection spill into a folder of its own below this one what MILEPOST_MEMORY leaves no room for.

    Where it says nothing, DuckDB takes up to four fifths of the machine's memory. MilepostError if it is no
    amount.
    """
    # two that spill into one folder would take each other's files for their own
    own = folder / f"{os.getpid()}-{next(_serial)}"
    own.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # DuckDB makes the last folder alone
    con.execute("set temp_directory = ?", [str(own)])
    if amount := os.environ.get(MEMORY_VARIABLE, "").strip():
        _limit_memory(con, amount)


def _limit_memory(con: duckdb.DuckDBPyConnection, amount: str) -> None:
    if not _AMOUNT.fullmatch(amount):  # DuckDB takes -1 for all there is
        raise MilepostError(
            f"{MEMORY_VARIABLE} is not an amount of memory",
            rule="It says how much of it DuckDB may have, in MB or GB; what does not fit goes to disk",
            next_step="Set it to an amount such as 3GB, or leave it out for most of the machine's",
        )
    con.execute("set memory_limit = ?", [amount])


def clear_spill(home: Home) -> None:
    """Remove what processes that are gone put aside or unpacked: it holds rows as they were sent."""
    for folder in left_behind(home.spill):
        shutil.rmtree(folder, ignore_errors=True)
