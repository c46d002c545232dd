"""A database of a test's own, and a deployment that exports into it as a login that is no superuser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from ingestion.home import Home
from tests.conftest import Deployment, Done
from tests.ingestion.connectors.servers import HERE, PostgresServer

LOGINS = {
    "visitor": "public_reader",
    "riverbend_staff": "community_riverbend",
    "hillside_staff": "community_hillside",
    "north_office": "partner_north_schools",
    "clinic_office": "partner_clinic",
    "hill_office": "partner_hill_schools",
    "ana": "analyst",
    "stranger": None,
}


@dataclass
class Database:
    """A database of the server, whose password for everyone is `right`; no statement of a test waits for ever."""

    name: str
    server: PostgresServer

    def connect(self, user: str = "partner", **settings: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A session; `partner` is the server's superuser."""
        return psycopg.connect(
            host=HERE, port=self.server.port, user=user, password="right", dbname=self.name,
            autocommit=True, connect_timeout=30, options="-c statement_timeout=300s -c lock_timeout=60s", **settings,
        )  # fmt: skip

    def rows(self, query: str, user: str = "partner") -> list[tuple[Any, ...]]:
        with self.connect(user) as session:
            return session.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]

    def run(self, statements: str, user: str = "partner") -> None:
        with self.connect(user) as session:
            session.execute(statements)  # type: ignore[call-overload]

    @property
    def url(self) -> str:
        return f"postgresql://loader@{HERE}:{self.server.port}/{self.name}"

    def schemas(self) -> list[str]:
        """Schemas but PostgreSQL's own and `public`."""
        found = "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema$|public$)' order by 1"
        return [name for (name,) in self.rows(found)]


class Exporting(Deployment):
    """A deployment with a made release, and a database that its environment names."""

    database: Database

    def __init__(self, folder: Path, database: Database) -> None:
        super().__init__(folder)
        self.database = database
        self.url = database.url
        self.made = Home(self.home).create()

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"MILEPOST_POSTGRES": self.url, "PGPASSWORD": "right"}

    def begin(self, *arguments: str) -> Done:
        """An export, whatever it ends in; no statement of it takes longer than ten minutes."""
        return self.call("export", "postgres", "--timeout", "600", *arguments)

    def export(self, *arguments: str, expected: int = 0) -> Done:
        done = self.begin(*arguments)
        assert done.exit_code == expected, done.output
        return done


_numbers = iter(range(1, 1000))


def new_database(server: PostgresServer) -> Database:
    name = f"bi_{next(_numbers)}"
    server.sql(f"create database {name}", f"grant create on database {name} to loader")
    return Database(name, server)
