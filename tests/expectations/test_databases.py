"""Databases of loads: empty each time, apart from each other, thrown away after an error."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from expectations.databases import Databases
from ingestion.home import Home


def tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [row[0] for row in con.execute("select table_name from duckdb_tables() order by 1").fetchall()]


def test_each_load_finds_an_empty_database_and_its_cores(tmp_path: Path) -> None:
    databases = Databases(Home(tmp_path), at_once=2)
    with databases.fresh() as first, databases.fresh() as second:
        first.execute("create table mapped as select 1 as a")
        first.execute("create temp table noted as select 1 as a")
        second.execute("create table mapped as select 2 as a")
        assert first.execute("select a from mapped").fetchall() == [(1,)]
        assert second.execute("select a from mapped").fetchall() == [(2,)]
        (whole,), (share,) = (
            con.execute("select current_setting('threads')").fetchall()[0] for con in (duckdb, first)
        )
        assert share == max(1, whole // 2)
    with databases.fresh() as again:
        assert tables(again) == []
    databases.close()


def test_after_an_error_another_engine_is_opened(tmp_path: Path) -> None:
    databases = Databases(Home(tmp_path))
    engines = []

    def fail() -> None:
        with databases.fresh() as con:
            engines.append(con)
            raise ValueError("of the load")

    with pytest.raises(ValueError, match="of the load"):
        fail()
    with pytest.raises(duckdb.ConnectionException):
        engines[0].execute("select 1")
    with databases.fresh() as con:
        assert con.execute("select 1").fetchall() == [(1,)]


def test_a_load_that_is_done_stays_done_where_something_still_reads_its_database(tmp_path: Path) -> None:
    databases = Databases(Home(tmp_path))
    with databases.fresh() as con:
        con.execute("create table mapped as select unnest(range(100_000)) as a")
        (name,) = con.execute("select current_catalog()").fetchall()[0]
        held = con.cursor()
        held.execute(f"use {name}")
        held.execute("begin")
        held.execute("select a from mapped")
    with databases.fresh() as con:
        assert tables(con) == []


def test_what_does_not_fit_into_memory_goes_to_the_home_and_is_gone_after(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    databases = Databases(home)
    with databases.fresh() as con:
        con.execute("set memory_limit = '60MB'")
        con.execute("create table mapped as select i, md5(i::varchar) as text from range(3_000_000) as r (i)")
        assert list(home.spill.glob("*/*"))
        assert con.execute("select count(distinct i) from mapped").fetchall() == [(3_000_000,)]
    databases.close()
    assert not list(home.spill.glob("*/*"))
