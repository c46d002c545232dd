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
    """The same tables in the same file. What Dagster's own class does anew for each of a run's hundreds of
    statements (an engine, a connection, compiling the SQL, closing with a checkpoint of the journal) is half of the
    CPU seconds of a run; here an engine lives as long as the storage.
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
    """With a write-ahead journal a power failure may cost the last events, never the file: they are for people."""
    connection.execute("pragma synchronous = normal")
