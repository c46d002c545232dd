"""DuckDB databases in memory, one for each file that is being loaded, without opening DuckDB each time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ingestion.home import Home
from ingestion.spill import working_database

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
        engine = working_database(self._home)
        if self._at_once > 1:
            (limit, threads) = engine.execute(
                "select current_setting('memory_limit'), current_setting('threads')"
            ).fetchall()[0]
            amount, unit = limit.split()
            engine.execute("set memory_limit = ?", [f"{float(amount) / self._at_once}{unit}"])
            # more threads than cores wait for each other while they spin: a fifth of the CPU time
            engine.execute("set threads = ?", [max(1, int(threads) // self._at_once)])
        return engine
