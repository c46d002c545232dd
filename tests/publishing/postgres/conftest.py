"""One PostgreSQL for these tests, a database of its own for each, and the export run as a login that is no superuser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ingestion.home import Home
from tests.conftest import Deployment, Done
from tests.ingestion.connectors.servers import HERE, PostgresServer, postgresql_programs
from tests.publishing.postgres.made_release import add_release, write_configuration

PROGRAMS = postgresql_programs()
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
    """A database of the server, whose password for everyone is `right`."""

    name: str
    server: PostgresServer

    def connect(self, user: str = "partner", **settings: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A session; `partner` is the server's superuser."""
        return psycopg.connect(
            host=HERE, port=self.server.port, user=user, password="right", dbname=self.name,
            autocommit=True, **settings,
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
        self.made = Home(self.home).create()

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"MILEPOST_POSTGRES": self.database.url, "PGPASSWORD": "right"}

    def export(self, *arguments: str, expected: int = 0) -> Done:
        done = self.call("export", "postgres", *arguments)
        assert done.exit_code == expected, done.output
        return done


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    if PROGRAMS is None:
        pytest.skip("needs PostgreSQL's initdb (package postgresql)")
    made = PostgresServer(tmp_path_factory.mktemp("export_postgresql"), PROGRAMS)
    made.sql("create role loader login createrole password 'right'")
    yield made
    made.kill()


_numbers = iter(range(1, 1000))


def new_database(server: PostgresServer) -> Database:
    name = f"bi_{next(_numbers)}"
    server.sql(f"create database {name}", f"grant create on database {name} to loader")
    return Database(name, server)


@pytest.fixture
def database(server: PostgresServer) -> Database:
    return new_database(server)


@pytest.fixture
def exporting(tmp_path: Path, database: Database) -> Exporting:
    """Release r0001 of two communities, and an empty database."""
    here = Exporting(tmp_path, database)
    write_configuration(here.communities)
    add_release(here.made, "r0001")
    return here


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, server: PostgresServer) -> Exporting:
    """The same, exported, with a login for each role; no test changes it."""
    here = Exporting(tmp_path_factory.mktemp("exported"), new_database(server))
    write_configuration(here.communities)
    add_release(here.made, "r0001")
    here.export()
    for login, role in LOGINS.items():
        here.database.run(f"create role {login} login password 'right'")
        if role:
            here.database.run(f"grant {role} to {login}")
    return here


@pytest.fixture(autouse=True)
def _no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
