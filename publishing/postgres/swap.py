"""Schemas that change places in one short transaction, and the old ones that go when nobody reads them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from ingestion.errors import ExportError
from ingestion.sql_text import identifier, literal
from ingestion.wording import listed
from publishing.postgres.connection import Connection, Patience
from publishing.postgres.troubles import UNCHANGED

MARK = "Milepost "  # begins the comment on every schema that this module may drop
PAUSE_SECONDS = 1.0
PREVIOUS = "previous_"
Say = Callable[[str], None]


def marks(connection: Connection) -> dict[str, str]:
    """The schemas that exports made, and the comment on each: what it holds, once it is whole."""
    return dict(
        connection.rows(
            "select nspname, obj_description(oid, 'pg_namespace') from pg_catalog.pg_namespace"
            f" where starts_with(obj_description(oid, 'pg_namespace'), {literal(MARK)})"
        )
    )


def refuse_others(connection: Connection, schemas: Sequence[str]) -> None:
    """ExportError where a schema of such a name is there that no export made."""
    names = ", ".join(map(literal, schemas))
    there = {
        name
        for (name,) in connection.rows(
            f"select nspname from pg_catalog.pg_namespace where nspname in ({names})"
        )
    }
    others = sorted(there - marks(connection).keys())
    if others:
        raise ExportError(
            f"the schema {listed(others)} is there, and not from here",
            where=connection.where,
            rule="An export drops what it replaces, so it replaces only what it made",
            next_step="Name an empty database, or rename the schema",
        )


def swap(
    connection: Connection,
    places: Mapping[str, str],
    gone: Sequence[str],
    readers: Mapping[str, Sequence[str]],
    patience: Patience,
    say: Say,
) -> None:
    """Put the schemas `places` (next -> place) in force at once and take `gone` out of it.

    `readers` may use a place. ExportError, and nothing changed, where others hold a lock for too long.
    """
    there = dict(connection.rows("select nspname, oid from pg_catalog.pg_namespace"))
    old = [place for place in (*places.values(), *gone) if place in there]
    statements = [
        *(f"alter schema {identifier(place)} rename to {PREVIOUS}{there[place]}" for place in old),
        *(f"alter schema {identifier(new)} rename to {identifier(place)}" for new, place in places.items()),
        *(
            f"grant usage on schema {identifier(place)} to {', '.join(map(identifier, roles))}"
            for place, roles in readers.items()
        ),
    ]
    if not _within(connection, statements, patience, "The swap", say):
        raise ExportError(
            "putting the release in force: another session holds a lock",
            where=connection.where,
            rule=UNCHANGED,
            next_step="End that session (pg_stat_activity, pg_locks), then run the same command again:"
            " it does not load again",
        )


def drop_previous(connection: Connection, patience: Patience, say: Say) -> tuple[list[str], list[str]]:
    """Drop what no longer is in force; schemas that are still read, and schemas that views stand on."""
    import psycopg

    still_read, stood_on = [], []
    for schema in sorted(name for name in marks(connection) if name.startswith(PREVIOUS)):
        tables = [
            f"{identifier(schema)}.{identifier(name)}"
            for (name,) in connection.rows(
                "select relname from pg_catalog.pg_class where relkind = 'r'"
                f" and relnamespace = {literal(schema)}::regnamespace order by relname"
            )
        ]
        # without cascade: a view of somebody's own that stands on an old table is not dropped with it
        drop = [*([f"drop table {', '.join(tables)}"] if tables else []), f"drop schema {identifier(schema)}"]
        try:
            if not _within(connection, drop, patience, f"Dropping {schema}", say):
                still_read.append(schema)
        except psycopg.errors.DependentObjectsStillExist:
            stood_on.append(schema)
    return still_read, stood_on


def _within(
    connection: Connection, statements: Sequence[str], patience: Patience, what: str, say: Say
) -> bool:
    """Run the statements as one transaction, again and again while others hold locks; whether it came about.

    Each try is short: whoever comes while a lock is waited for has to wait as well.
    """
    import psycopg

    for attempt in _tries(patience):
        if attempt == 1:
            say(f"{what} waits for {_holding(connection)}; at most {patience.wait_seconds} s.")
        try:
            with connection.session.transaction():
                seconds = min(patience.lock_seconds, max(patience.wait_seconds, 1))
                connection.run(f"set local lock_timeout = '{seconds}s'")
                for statement in statements:
                    connection.run(statement)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            continue
        return True
    return False


def _tries(patience: Patience) -> Iterator[int]:
    end = time.monotonic() + patience.wait_seconds
    attempt = 0
    while attempt == 0 or time.monotonic() < end:
        yield attempt
        attempt += 1
        time.sleep(min(PAUSE_SECONDS, max(end - time.monotonic(), 0)))


def _holding(connection: Connection) -> str:
    """The longest open transaction, for a person to find; not what it asks."""
    found = connection.rows(
        "select pid, usename, extract(epoch from now() - xact_start)::int from pg_catalog.pg_stat_activity"
        " where xact_start is not null and pid <> pg_backend_pid() and datname = current_database()"
        " order by xact_start limit 1"
    )
    if not found or found[0][2] is None:
        return "another session"
    pid, user, seconds = found[0]
    return f"another session (the oldest is process {pid} of {user}, open for {seconds} s)"
