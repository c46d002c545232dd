"""A server that is down, full, slow, locked or killed: readers keep a whole release, and running again ends alike."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import COMMAND, Done
from tests.ingestion.connectors.servers import HERE, PostgresServer, folder_for_postgres, free_port
from tests.publishing.postgres.databases import Database, Exporting
from tests.publishing.postgres.made_release import add_release, make_current

pytestmark = pytest.mark.xdist_group("postgresql_export")
SECRET = "s3cret-and-long"
PATIENCE = 300  # seconds for what takes one or two where nothing else runs
# a server that takes its time over one kind of statement, as long as a row of `slow` names it
SLOW = """
    create table slow (tag text);
    grant select on slow to public;
    create function dawdle() returns event_trigger language plpgsql as $$
    begin
        if exists (select from public.slow where tag = tg_tag) then perform pg_sleep(600); end if;
    end $$;
    create event trigger dawdle on ddl_command_start execute function dawdle();
"""


def release(database: Database) -> str:
    """The release in force, which has to be whole."""
    of_numbers = database.rows("select distinct release_id from published.indicator_values")
    assert database.rows("select distinct release_id from published.school_years") == of_numbers
    assert database.rows("select count(*) from published.load_quality") == [(18,)]
    ((release_id,),) = of_numbers
    return str(release_id)


@contextlib.contextmanager
def slow(database: Database, tag: str) -> Iterator[None]:
    database.run(SLOW)
    database.run(f"insert into slow values ('{tag}')")
    try:
        yield
    finally:
        # an export that still dawdles, after a test that failed, holds a lock on what is dropped here
        database.run(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
            " where application_name = 'milepost' and datname = current_database()"
        )
        database.run("drop event trigger dawdle; drop function dawdle; drop table slow")


def sleeping(database: Database) -> int:
    """The process of the server that now dawdles over a statement of an export."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = database.rows(
            "select pid from pg_stat_activity where application_name = 'milepost' and wait_event = 'PgSleep'"
            " and datname = current_database()"
        )
        if found:
            return int(found[0][0])
        time.sleep(0.1)
    raise TimeoutError(f"the export did not get to the slow statement in {PATIENCE} s")


def assert_unchanged(done: Done, *words: str) -> None:
    assert done.exit_code == 1, done.output
    for word in words:
        assert word in done.output
    assert "right" not in done.output
    assert SECRET not in done.output


# ---- the connection ------------------------------------------------------------------------------------
def test_a_server_that_is_down(exporting: Exporting) -> None:
    port = free_port()
    exporting.url = f"postgresql://loader:{SECRET}@{HERE}:{port}/bi"
    done = exporting.export(expected=1)
    assert_unchanged(done, f"PostgreSQL at {HERE}:{port}, bi: connecting: no connection: the server is down")


def test_a_wrong_password(exporting: Exporting) -> None:
    exporting.url = (
        f"postgresql://loader:{SECRET}@{HERE}:{exporting.database.server.port}/{exporting.database.name}"
    )
    assert_unchanged(exporting.export(expected=1), "the server refused the login", "pg_hba.conf")


def test_a_database_that_does_not_exist(exporting: Exporting) -> None:
    exporting.url = f"postgresql://loader@{HERE}:{exporting.database.server.port}/nowhere"
    assert_unchanged(exporting.export(expected=1), "there is no such database")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://loader:{SECRET}@@{HERE}/bi",
        f"postgresql://loader:{SECRET}@x@{HERE}/bi",
        f"postgresql://loader:{SECRET}/x@{HERE}/bi",
        f"postgresql://loader:{SECRET}%zz@{HERE}/bi",
        f"host={HERE} password={SECRET} pasword=x",
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated(exporting: Exporting, url: str) -> None:
    exporting.url = url
    done = exporting.export(expected=2)
    assert "what MILEPOST_POSTGRES says cannot be read" in done.output
    assert SECRET[:6] not in done.output


def test_no_database_is_named(exporting: Exporting) -> None:
    exporting.url = ""
    done = exporting.export(expected=2)
    assert "Set MILEPOST_POSTGRES=postgresql://user@host/database" in done.output


def test_variables_of_libpq_name_the_database_too(
    exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = exporting.database.server
    for name, value in {
        "PGHOST": HERE, "PGPORT": str(server.port), "PGUSER": "loader", "PGDATABASE": exporting.database.name,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    exporting.url = ""
    exporting.export()
    assert release(exporting.database) == "r0001"


def test_a_login_that_may_not_create_roles_is_told_who_may(exporting: Exporting) -> None:
    database = exporting.database
    for (role,) in database.rows("select rolname from pg_roles where rolname = 'partner_newcomer'"):
        database.run(f"drop role {role}")
    config = exporting.communities / "riverbend" / "community.yml"
    config.write_text(config.read_text() + "  newcomer: {title: Newcomer, sector: other}\n")
    database.run(
        "drop role if exists plain; create role plain login password 'right';"
        f"grant create on database {database.name} to plain"
    )
    as_loader = database.url
    exporting.url = as_loader.replace("loader@", "plain@")
    assert_unchanged(exporting.export(expected=1), "milepost export postgres --roles")
    exporting.url = as_loader
    done = exporting.export("--roles", "--json")
    assert '"partner_newcomer"\n' in done.output
    exporting.url = as_loader.replace("loader@", "plain@")
    exporting.export()
    assert release(database) == "r0001"


def test_a_schema_of_somebody_else_is_not_replaced(exporting: Exporting) -> None:
    exporting.database.run("create schema published; create table published.theirs (a int)")
    assert_unchanged(exporting.export(expected=1), "the schema published is there, and not from here")
    assert exporting.database.rows("select count(*) from published.theirs") == [(0,)]


# ---- a full disk ---------------------------------------------------------------------------------------
@pytest.fixture
def tiny_disk() -> Iterator[Path]:
    """A file system of 400 kB of its own, where the server's account may write."""
    around = folder_for_postgres()
    place = around / "tiny"
    place.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(around)
        pytest.skip("needs the right to mount a small file system")
    try:
        if os.getuid() == 0:
            shutil.chown(place, "postgres", "postgres")
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        shutil.rmtree(around)


def test_a_full_disk(exporting: Exporting, tiny_disk: Path) -> None:
    database = exporting.database
    exporting.export()
    database.server.sql(
        f"create tablespace tiny location '{tiny_disk}'", "grant create on tablespace tiny to loader"
    )
    database.run(f"alter role loader in database {database.name} set default_tablespace = tiny")
    try:
        add_release(exporting.made, "r0002")
        assert_unchanged(
            exporting.export(expected=1), "loading the release: the disk of the server is full", "Make room"
        )
        assert release(database) == "r0001"
        assert database.schemas() == ["published"]
        subprocess.run(["mount", "-o", "remount,size=64m", str(tiny_disk)], check=True)
        exporting.export()
        assert release(database) == "r0002"
    finally:
        database.run(
            f"drop schema published cascade; alter role loader in database {database.name} reset all"
        )
        database.server.sql("drop tablespace tiny")


# ---- a slow server, locks ------------------------------------------------------------------------------
def test_a_statement_that_takes_too_long(exporting: Exporting) -> None:
    exporting.export()
    add_release(exporting.made, "r0002")
    with slow(exporting.database, "CREATE INDEX"):
        done = exporting.export("--timeout", "2", expected=1)
    assert_unchanged(done, "a statement took longer than it may", "--timeout")
    assert release(exporting.database) == "r0001"
    exporting.export()
    assert release(exporting.database) == "r0002"


def test_a_session_that_holds_the_schema_cannot_hang_the_swap_for_ever(exporting: Exporting) -> None:
    database = exporting.database
    exporting.export()
    add_release(exporting.made, "r0002")
    with database.connect() as session, session.transaction(force_rollback=True):
        session.execute("grant usage on schema published to current_user")
        done = exporting.export("--wait", "2", expected=1)
    assert_unchanged(done, "putting the release in force: another session holds a lock", "pg_locks")
    assert release(database) == "r0001"
    loaded = database.rows("select 'next.indicator_values'::regclass::oid")
    exporting.export()
    assert release(database) == "r0002"
    assert database.rows("select 'published.indicator_values'::regclass::oid") == loaded  # not loaded again


def test_two_exports_at_once_are_one_after_the_other(exporting: Exporting) -> None:
    with exporting.database.connect() as session:
        session.execute("select pg_advisory_lock(7301966)")
        done = exporting.export("--wait", "1", expected=1)
        assert_unchanged(done, "another export is running")
    exporting.export()


# ---- readers in a long transaction ---------------------------------------------------------------------
def test_a_reader_in_a_long_transaction_goes_on_with_the_new_release(exporting: Exporting) -> None:
    """READ COMMITTED: the next statement sees the new release; a cursor that is open goes on in the old one."""
    database = exporting.database
    exporting.export()
    add_release(exporting.made, "r0002")
    asked = "select distinct release_id from published.indicator_values"
    with database.connect() as session, session.transaction():
        session.execute(f"prepare again as {asked}")
        assert session.execute(asked).fetchall() == [("r0001",)]
        session.execute("declare opened cursor for select release_id from published.load_quality")
        done = exporting.export("--wait", "1")
        assert "Still read by a session" in done.output
        assert release(database) == "r0002"
        assert session.execute(asked).fetchall() == [("r0002",)]
        assert session.execute("execute again").fetchall() == [("r0002",)]
        assert session.execute("fetch all from opened").fetchall() == [("r0001",)] * 18
        assert len(database.schemas()) == 2
    exporting.export()
    assert database.schemas() == ["published"]


def test_a_reader_of_one_snapshot_sees_the_new_tables_empty(exporting: Exporting) -> None:
    """REPEATABLE READ finds the new table by its name and none of its rows: why docs/connecting.md warns of it."""
    database = exporting.database
    exporting.export()
    add_release(exporting.made, "r0002")
    counted = "select count(*) from published.load_quality"
    with database.connect() as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with session.transaction():
            assert session.execute(counted).fetchall() == [(18,)]
            exporting.export("--wait", "1")
            assert session.execute(counted).fetchall() == [(0,)]
        with session.transaction():
            assert session.execute(counted).fetchall() == [(18,)]


def test_a_view_of_somebodys_own_is_not_dropped_with_the_old_release(exporting: Exporting) -> None:
    exporting.export()
    exporting.database.run(
        "create schema theirs; create view theirs.quality as select * from published.load_quality"
    )
    add_release(exporting.made, "r0002")
    assert "Views of somebody's own stand on previous_" in exporting.export().output
    assert exporting.database.rows("select count(*) from theirs.quality") == [(18,)]
    exporting.database.run("create or replace view theirs.quality as select * from published.load_quality")
    exporting.export()
    assert exporting.database.schemas() == ["published", "theirs"]


# ---- killed --------------------------------------------------------------------------------------------
KILLED_IN = {
    "load": ("CREATE INDEX", "r0001"),
    "swap": ("ALTER SCHEMA", "r0001"),
    "drop": ("DROP TABLE", "r0002"),
}


@pytest.mark.parametrize("how", ["session ended", "server killed", "export killed"])
@pytest.mark.parametrize("step", KILLED_IN)
def test_killed_at_any_step_and_run_again_it_ends_alike(exporting: Exporting, step: str, how: str) -> None:
    tag, seen = KILLED_IN[step]
    database = exporting.database
    exporting.export()
    add_release(exporting.made, "r0002")
    with slow(database, tag):
        ended = _killed(exporting, database.server, how)
    assert ended == ("killed" if how == "export killed" else 1)
    assert release(database) == seen
    exporting.export()
    assert release(database) == "r0002"
    assert database.schemas() == ["published"]
    make_current(exporting.made, "r0001")  # and back again
    exporting.export()
    assert release(database) == "r0001"


def _killed(exporting: Exporting, server: PostgresServer, how: str) -> int | str:
    """How the export ended."""
    database = exporting.database
    if how == "export killed":
        process = subprocess.Popen(
            [str(COMMAND), "export", "postgres"],
            env=os.environ | exporting.environment,
            stderr=subprocess.DEVNULL,
        )
        try:
            pid = sleeping(database)
        finally:
            process.kill()
            process.wait(PATIENCE)
        end = time.monotonic() + PATIENCE
        while database.rows(f"select from pg_stat_activity where pid = {pid}"):
            assert time.monotonic() < end, "the server goes on for a client that is gone"
            time.sleep(0.2)
        return "killed"
    ends: list[Done] = []
    exporting_thread = threading.Thread(target=lambda: ends.append(exporting.begin()), daemon=True)
    exporting_thread.start()
    pid = sleeping(database)
    if how == "session ended":
        database.run(f"select pg_terminate_backend({pid}, 10000)")
    else:
        server.kill()
        server.start()
    exporting_thread.join(PATIENCE)
    assert ends, f"the export did not end in {PATIENCE} s after its session or server was killed"
    (done,) = ends
    assert "Run the same command again" in done.output
    return done.exit_code
