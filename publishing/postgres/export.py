"""A release brought into PostgreSQL: loaded beside the one in force, then put in its place at once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ingestion.errors import ExportError
from ingestion.home import Home
from ingestion.yaml_nodes import plain
from publishing.dbt_project import DBT_PROJECT
from publishing.postgres.connection import Connection, Patience, connect
from publishing.postgres.load import Load, Tell, load
from publishing.postgres.readers import ANALYST, Audience, load_readers
from publishing.postgres.roles import make_roles
from publishing.postgres.row_security import marts_access, release_access
from publishing.postgres.source import Source, marts_source, release_source
from publishing.postgres.swap import MARK, Say, drop_previous, marks, refuse_others, swap
from publishing.postgres.troubles import told_while
from publishing.release_contents import PROMISE

PUBLISHED, MARTS = "published", "marts"
NEXT = {PUBLISHED: "next", MARTS: "next_marts"}
# one export at a time in one database: any number, the same for all
LOCK = 7_301_966


@dataclass(frozen=True)
class Export:
    """What readers of a database have after `export_release`; `is_new` is False where they had it before."""

    release_id: str
    where: str
    is_new: bool
    rows: Mapping[str, int]
    marts_rows: Mapping[str, int]
    new_roles: tuple[str, ...]
    # tables that no rule of readers.yml names, so that nobody sees them
    shut_tables: tuple[str, ...]
    # old schemas that could not be dropped: a session reads them, or a view of somebody's own stands on them
    still_read: tuple[str, ...]
    stood_on: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Listener:
    """Whom to tell of progress (step, done, total) and of waiting."""

    tell: Tell = lambda _step, _done, _total: None
    say: Say = lambda _message: None


def export_roles(audience: Audience, patience: Patience) -> tuple[str, list[str]]:
    """Make the roles alone: where, and those that were not there before."""
    connection = connect(patience)
    with connection.session, told_while(connection.where, "making the roles"):
        return connection.where, make_roles(connection, audience)


def export_release(
    home: Home,
    audience: Audience,
    release_id: str | None = None,
    with_marts: bool = False,
    force: bool = False,
    patience: Patience = Patience(),
    listener: Listener = Listener(),
) -> Export:
    """Bring a release, the current one unless named, into the database that the environment names.

    Readers have the release before until the swap, and this one from then on. Killed anywhere, run again
    it ends in the same state. ExportError where the server is in trouble, ReleaseError without a release.
    """
    started = time.monotonic()
    release_id, source = release_source(home, release_id)
    marts = marts_source(home) if with_marts else None
    connection = connect(patience)
    try:
        with connection.session:
            _one_at_a_time(connection, patience, listener.say)
            loads = {PUBLISHED: _of_release(source, release_id, audience)}
            if marts:
                loads[MARTS] = _of_marts(marts, release_id)
            new_roles = _roles(connection, audience)
            is_new = _put_in_force(connection, loads, audience, force, patience, listener)
            with told_while(connection.where, "dropping the release before"):
                still_read, stood_on = drop_previous(connection, patience, listener.say)
        return Export(
            release_id,
            connection.where,
            is_new,
            {table.name: source.count(table) for table in source.tables},
            {table.name: marts.count(table) for table in marts.tables} if marts else {},
            tuple(new_roles),
            tuple(sorted({table.name for table in source.tables} - load_readers().tables)),
            tuple(still_read),
            tuple(stood_on),
            time.monotonic() - started,
        )
    finally:
        source.close()
        if marts:
            marts.close()


def _put_in_force(
    connection: Connection,
    loads: Mapping[str, Load],
    audience: Audience,
    force: bool,
    patience: Patience,
    listener: Listener,
) -> bool:
    """Load what is not loaded, swap what is not in force; whether anything changed."""
    with told_while(connection.where, "looking at what is there"):
        refuse_others(connection, [*loads, *(this.schema for this in loads.values())])
        there = marks(connection)
    pending = {place: this for place, this in loads.items() if force or there.get(place) != this.mark}
    gone = [place for place in (PUBLISHED, MARTS) if place in there and place not in loads]
    with told_while(connection.where, "loading the release"):
        for this in pending.values():
            # an export that was killed before its swap has loaded it already
            if force or there.get(this.schema) != this.mark:
                load(connection, this, listener.tell)
        for place in NEXT.keys() - pending.keys():
            if NEXT[place] in there:
                connection.run(f"drop schema {NEXT[place]} cascade")
    if not pending and not gone:
        return False
    users = {PUBLISHED: list(audience.roles), MARTS: [ANALYST]}
    with told_while(connection.where, "putting the release in force"):
        places = {this.schema: place for place, this in pending.items()}
        swap(connection, places, gone, {place: users[place] for place in pending}, patience, listener.say)
    return True


def _roles(connection: Connection, audience: Audience) -> list[str]:
    import psycopg

    with told_while(connection.where, "making the roles"):
        try:
            return make_roles(connection, audience)
        except psycopg.errors.InsufficientPrivilege:
            raise ExportError(
                "making the roles: the login may not create them",
                where=connection.where,
                next_step="Run `milepost export postgres --roles` once with a login that may (CREATEROLE)",
            ) from None


def _one_at_a_time(connection: Connection, patience: Patience, say: Callable[[str], None]) -> None:
    end = time.monotonic() + patience.wait_seconds
    told = False
    with told_while(connection.where, "beginning"):
        while not connection.rows(f"select pg_try_advisory_lock({LOCK})")[0][0]:
            if time.monotonic() > end:
                raise ExportError(
                    "another export is running",
                    where=connection.where,
                    next_step="Run this one when that has ended, or allow more with --wait",
                )
            if not told:
                say(f"Another export is running; this one waits, at most {patience.wait_seconds} s.")
            told = True
            time.sleep(0.5)


def _of_release(source: Source, release_id: str, audience: Audience) -> Load:
    readers = load_readers()
    columns = {table.name: [column.name for column in table.columns] for table in source.tables}
    access = release_access(NEXT[PUBLISHED], columns, readers, audience)
    keys = table_keys(DBT_PROJECT)
    return Load(
        source,
        NEXT[PUBLISHED],
        "Loading the release",
        access,
        f"{MARK}release {release_id}, content {_fingerprint(source.identity, access, keys)}",
        keys,
        frozenset(readers.partner),
    )


def _of_marts(source: Source, release_id: str) -> Load:
    access = marts_access(NEXT[MARTS], [table.name for table in source.tables])
    return Load(
        source,
        NEXT[MARTS],
        "Loading the marts",
        access,
        f"{MARK}marts beside release {release_id}, content {_fingerprint(source.identity, access, {})}",
    )


def _fingerprint(identity: str, access: Sequence[str], keys: Mapping[str, Sequence[str]]) -> str:
    """Changes with the rows, with who may see them, and with the keys."""
    return hashlib.sha256(repr((identity, access, sorted(keys.items()))).encode()).hexdigest()[:16]


@cache
def table_keys(dbt_project: Path) -> dict[str, list[str]]:
    """Table -> the columns of its key, by the tests that _published.yml states."""
    models: list[dict[str, Any]] = plain(dbt_project / PROMISE)["models"]
    keys: dict[str, list[str]] = {}
    for model in models:
        name = model["name"].removeprefix("published_")
        for test in model.get("data_tests", []):
            if "unique_combination" in test:
                keys.setdefault(name, test["unique_combination"]["arguments"]["columns"])
        for column in model["columns"]:
            if "unique" in column.get("data_tests", []):
                keys.setdefault(name, [column["name"]])
    return keys
