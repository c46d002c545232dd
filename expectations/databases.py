"""DuckDB databases in memory, one for each file that is being loaded, without opening DuckDB each time."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ingestion.attempts import is_alive
from ingestion.home import Home

_serial = itertools.count(1)


class Databases:
    """Databases for as many loads `at_once` as share this machine's cores and memory.

    To open DuckDB costs a tenth of a small delivery. So it is opened once for each load at a time, and every
    file gets a database of its own in it, which is gone with its last row. After an error DuckDB is thrown
    away: nobody knows what state it is in.
    """

    def __init__(self, home: Home, at_once: int = 1) -> None:
        self._home = home
        self._at_once = at_once
        self._idle: list[duckdb.DuckDBPyConnection] = []

    @contextmanager
    def fresh(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """An empty database, which spills into the home and nowhere else."""
        try:
            engine = self._idle.pop()
        except IndexError:
            engine = self._open()
        name = f"load_{next(_serial)}"
        try:
            with engine.cursor() as con:  # what is temporary goes with it
                con.execute(f"attach ':memory:' as {name}")
                con.execute(f"use {name}")
                yield con
        except BaseException:
            engine.close()
            raise
        try:
            engine.execute(f"detach {name}")
        except duckdb.Error:  # something still holds on to it; the load itself is done
            engine.close()
        else:
            self._idle.append(engine)

    def close(self) -> None:
        """Free what is kept open."""
        while self._idle:
            self._idle.pop().close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        engine = duckdb.connect()
        engine.execute("set enable_progress_bar = false")
        # two that spill into one folder would take each other's files for their own
        own = self._home.spill / f"{os.getpid()}-{next(_serial)}"
        own.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # DuckDB makes the last folder alone
        engine.execute("set temp_directory = ?", [str(own)])
        if self._at_once > 1:
            (limit, threads) = engine.execute(
                "select current_setting('memory_limit'), current_setting('threads')"
            ).fetchall()[0]
            amount, unit = limit.split()
            engine.execute("set memory_limit = ?", [f"{float(amount) / self._at_once}{unit}"])
            # more threads than cores wait for each other while they spin: a fifth of the CPU time
            engine.execute("set threads = ?", [max(1, int(threads) // self._at_once)])
        return engine


def clear_spill(home: Home) -> None:
    """Remove what databases of processes that are gone left on disk: it holds rows as they were sent."""
    for folder in home.spill.glob("*-*"):
        if not is_alive(int(folder.name.split("-")[0])):
            shutil.rmtree(folder, ignore_errors=True)
