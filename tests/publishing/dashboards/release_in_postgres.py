"""The tables of a release file in a PostgreSQL of a test, copied with plain CSV."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from publishing.dbt_project import DBT_PROJECT
from publishing.release_contents import load_promise
from tests.ingestion.connectors.servers import PostgresServer

POSTGRES_TYPES = {"DOUBLE": "double precision"}


def copy_release(database: Path | None, server: PostgresServer) -> None:
    """Schema published with every promised table, filled from `database` where one is given."""
    import psycopg

    with (
        psycopg.connect(
            host="127.0.0.1", port=server.port, user="partner", password="right", dbname="postgres"
        ) as session,
        tempfile.TemporaryDirectory() as folder,
    ):
        session.execute("create schema published")
        for name, table in load_promise(DBT_PROJECT).items():
            columns = ", ".join(
                f"{column} {POSTGRES_TYPES.get(kind, kind)}" for column, (kind, _) in table.columns.items()
            )
            session.execute(f"create table published.{name} ({columns})")  # type: ignore[call-overload]
            if database is None:
                continue
            file = Path(folder) / f"{name}.csv"
            with duckdb.connect(str(database), read_only=True) as con:
                con.execute(f"copy published.{name} to '{file}' (header false, nullstr '\\N')")
            names = ", ".join(table.columns)
            copy = f"copy published.{name} ({names}) from stdin (format csv, null '\\N')"
            with session.cursor().copy(copy) as stream:  # type: ignore[call-overload]
                stream.write(file.read_bytes())
