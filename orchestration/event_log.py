"""Dagster's event log in one SQLite file, with one open connection instead of a new one per statement."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as db
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage

BUSY_SECONDS = 60


class EventLog(ConsolidatedSqliteEventLogStorage):
    """The same tables in the same file, through an engine that lives as long as the storage.

    Dagster's own class makes everything anew for each of a run's hundreds of statements: engine, connection,
    compiled SQL, and on closing a checkpoint of the journal. That was most of what a run's events cost.
    """

    _engine: db.Engine | None = None
    _tables: frozenset[str] = frozenset()
    _making = threading.Lock()

    @contextmanager
    def _connect(self) -> Iterator[db.Connection]:
        with self._opened().connect() as connection, connection.begin():
            yield connection

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._tables:
            self._tables = frozenset(db.inspect(self._opened()).get_table_names())
        return table_name in self._tables

    def dispose(self) -> None:
        super().dispose()
        if self._engine:
            self._engine.dispose()

    def _opened(self) -> db.Engine:
        with self._making:
            if self._engine is None:
                self._engine = db.create_engine(self._conn_string, connect_args={"timeout": BUSY_SECONDS})
                db.event.listen(self._engine, "connect", _relax)
        return self._engine


def _relax(connection: Any, _record: Any) -> None:
    """With a write-ahead journal a power failure may cost the last events, for people, but never the file."""
    connection.execute("pragma synchronous = normal")
