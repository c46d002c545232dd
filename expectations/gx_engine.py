"""Great Expectations' SQL engine and datasource on a live DuckDB connection.

Import this module inside functions only: it imports GX, which takes about five seconds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Literal, cast

import duckdb
import duckdb_engine
import sqlalchemy as sa
from great_expectations.compatibility.pydantic import PrivateAttr
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """GX's SQL engine on one DuckDB connection that outlives the reading of its results."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dialect_module = duckdb_engine

    @contextlib.contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        # DuckDB's results die with their connection, and GX would close it before it fetches them.
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    def close(self) -> None:
        """Give back the connection alone.

        GX disposes of SQLAlchemy's engine too, also when an engine of an earlier delivery is garbage
        collected: that would roll back what the current delivery is in the middle of.
        """
        if self._connection is not None:
            self._connection.close()
            self._connection = None


EngineClass = type[DuckDBExecutionEngine]


class DuckDBDatasource(SQLDatasource):
    """A GX datasource over a connection that the caller already holds: no file, so no lock."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]
    _connection: duckdb.DuckDBPyConnection | None = PrivateAttr(None)
    _tables: dict[str, Any] = PrivateAttr(default_factory=dict)  # batch definition by name of the table

    @property
    def execution_engine_type(self) -> EngineClass:
        return DuckDBExecutionEngine

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Look at the tables of another connection from now on."""
        self.detach()
        self._connection = connection
        if self._engine is None:
            # kept, because it remembers the SQL of the conditions that it compiled
            self._engine = sa.create_engine("duckdb://", poolclass=sa.pool.StaticPool, creator=self._cursor)
        self._execution_engine = DuckDBExecutionEngine(engine=self._engine, create_temp_table=False)

    def _cursor(self) -> Any:
        assert self._connection is not None, "attach a connection first"
        (catalog,) = self._connection.execute("select current_catalog()").fetchall()[0]
        cursor = self._connection.cursor()
        cursor.execute(f'use "{catalog}"')  # a cursor begins at the first of several databases
        return duckdb_engine.ConnectionWrapper(cursor)

    def detach(self) -> None:
        """Let go of the connection, so that its database can be freed."""
        if self._execution_engine is not None:
            engine = cast("DuckDBExecutionEngine", self._execution_engine)
            engine.close()
            engine.engine.dispose()
        self._execution_engine = self._connection = None

    def get_engine(self) -> sa.Engine:
        assert self._engine is not None, "attach a connection first"
        return self._engine

    def get_execution_engine(self) -> DuckDBExecutionEngine:
        return cast("DuckDBExecutionEngine", self._execution_engine)

    def test_connection(self, test_assets: bool = True) -> None:
        """The connection is live; GX would open another to see whether one can be opened."""
