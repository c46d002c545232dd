"""What `milepost superset` and `milepost dashboards` say before anything is started; tests/end_to_end starts one."""

from __future__ import annotations

import json
import socket
import zipfile
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Deployment
from tests.ingestion.connectors.servers import PostgresServer, free_port, postgresql_programs
from tests.publishing.dashboards.release_in_postgres import copy_release

PROGRAMS = postgresql_programs()


@pytest.fixture
def released(deployment: Deployment) -> Deployment:
    """A home with something that is a release, as far as a start looks."""
    published = deployment.home / "published"
    published.mkdir(parents=True)
    duckdb.connect(str(published / "current.duckdb")).close()
    return deployment


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that is there, of which nothing may be started: its programs are empty files."""
    for program in ("superset", "gunicorn", "python"):
        file = tmp_path / "environment" / "bin" / program
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    monkeypatch.setenv("MILEPOST_SUPERSET_ENVIRONMENT", str(tmp_path / "environment"))


def refused(here: Deployment, *arguments: str) -> str:
    """What it says, on one line; it exits with 2 and leaves no folder of Superset's behind."""
    done = here.call("superset", "--background", *arguments)
    assert done.exit_code == 2, done.output
    assert not (here.home / "superset").exists()
    return " ".join(done.output.split())


@pytest.mark.usefixtures("installed")
def test_without_a_release_nothing_is_started(deployment: Deployment) -> None:
    told = refused(deployment)
    assert "There is no release yet" in told
    assert "`milepost load`, then `milepost refresh`" in told
    assert str(deployment.home / "published") in told


def test_without_superset_the_way_to_get_it_is_told(
    released: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILEPOST_SUPERSET_ENVIRONMENT", str(tmp_path / "nowhere"))
    told = refused(released)
    assert "Superset is not installed" in told
    assert "make superset" in told


@pytest.mark.usefixtures("installed")
def test_a_port_that_is_taken_is_named(released: Deployment) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        told = refused(released, "--port", port)
    assert f"Port {port} is taken. Choose another with --port." in told


@pytest.mark.usefixtures("installed")
def test_a_postgresql_that_is_down_is_named_without_its_password(released: Deployment) -> None:
    port = free_port()
    uri = f"postgresql://anna:very_secret@127.0.0.1:{port}/milepost"
    told = refused(released, "--port", str(free_port()), "--postgres", uri)
    assert f"PostgreSQL at 127.0.0.1:{port}/milepost" in told
    assert "anna" in told
    assert "very_secret" not in told


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("uri", ["mysql://a:b@c/d", "postgresql:///milepost", "127.0.0.1:5432"])
def test_what_is_no_uri_of_a_postgresql_is_refused(released: Deployment, uri: str) -> None:
    told = refused(released, "--port", str(free_port()), "--postgres", uri)
    assert "postgresql://login:password@host:port/database" in told


@pytest.mark.usefixtures("installed")
@pytest.mark.skipif(PROGRAMS is None, reason="needs PostgreSQL's initdb (package postgresql)")
def test_a_postgresql_without_a_release_is_told_of(released: Deployment) -> None:
    from publishing.dashboards.postgres import ask_for_release

    assert PROGRAMS is not None
    server = PostgresServer(PROGRAMS)
    try:
        uri = f"postgresql://partner:right@127.0.0.1:{server.port}/postgres"
        told = refused(released, "--port", str(free_port()), "--postgres", uri)
        assert "holds no release that partner may read" in told
        assert "milepost export postgres" in told
        told = refused(released, "--port", str(free_port()), "--postgres", uri.replace("right", "wrong"))
        assert "does not let partner in" in told
        assert "wrong" not in told
        copy_release(None, server)
        login, driven = ask_for_release(uri)
        assert (login, driven) == ("partner", uri.replace("postgresql:", "postgresql+psycopg2:"))
    finally:
        server.close()


def test_a_bundle_is_written_for_another_superset_without_a_password(
    deployment: Deployment, tmp_path: Path
) -> None:
    file = tmp_path / "milepost.zip"
    done = deployment.call("dashboards", file, "--uri", "postgresql://anna:very_secret@db/m", "--json")
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(file) as archive:
        everything = {name: archive.read(name).decode() for name in archive.namelist()}
    assert [name.removeprefix("milepost/") for name in everything] == json.loads(done.output)
    assert (
        "sqlalchemy_uri: postgresql://anna:XXXXXXXXXX@db/m" in everything["milepost/databases/milepost.yaml"]
    )
    assert not [name for name, text in everything.items() if "very_secret" in text]
