"""One PostgreSQL for these tests, and a database of its own for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingestion.connectors.servers import PostgresServer, postgresql_programs
from tests.publishing.postgres.databases import LOGINS, Database, Exporting, new_database
from tests.publishing.postgres.made_release import add_release, write_configuration

PROGRAMS = postgresql_programs()


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    if PROGRAMS is None:
        pytest.skip("needs PostgreSQL's initdb (package postgresql)")
    made = PostgresServer(PROGRAMS)
    made.sql("create role loader login createrole password 'right'")
    yield made
    made.close()


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
