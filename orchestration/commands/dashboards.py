"""Dashboards in Apache Superset: `superset` starts one here, `dashboards` writes a bundle for another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from orchestration.console import UsageError, err, print_json

if TYPE_CHECKING:
    from ingestion.home import Home
    from publishing.dashboards.bundle import Connection

START_SECONDS = 600
POSTGRES_VARIABLE = "MILEPOST_SUPERSET_POSTGRES"


def register(app: typer.Typer) -> None:
    app.command()(superset)
    app.command()(dashboards)


def superset(
    port: int = typer.Option(8088, help="Port of the web page."),
    host: str = typer.Option(
        "127.0.0.1", help="Address it listens on; anything else than this machine needs a proxy."
    ),
    postgres: str = typer.Option(
        "",
        envvar=POSTGRES_VARIABLE,
        help="URI of a PostgreSQL with a release, to show that too.",
    ),
    background: bool = typer.Option(False, "--background", help="Return once the page answers."),
) -> None:
    """Open Apache Superset with the dashboards of this project on the current release.

    `make superset` installs it first. Changes made by hand on these dashboards are written over; dashboards
    of your own are left alone.

    Example: milepost superset --port 8089

    End it with Ctrl-C, or from another terminal with: milepost down
    """
    from orchestration.process_group import Server
    from orchestration.settings import prepare_environment
    from orchestration.superset import ADMIN, provision, start

    home = prepare_environment()
    _refuse_without_release(home)
    _refuse_without_superset()
    folder = home.superset
    server = Server(
        name="Superset",
        title="Superset of this home",
        pid_file=folder / "superset.pid",
        log=folder / "superset.log",
        host=host,
        port=port,
        page="/dashboard/list",
        health="/health",
        usual="about 20 s",
        seconds=START_SECONDS,
    )
    server.refuse_to_start()
    connections = [_release_file(home)]
    if postgres:
        connections.append(_postgres(postgres))
    with err.status("Setting up Superset: under a minute, the first time two ..."):
        password = provision(home, connections)
    login = [f"Log in as {ADMIN} with {password}   (told this once)"] if password else []
    server.attend(start(home, host, port), *login, background=background)


def dashboards(
    file: Path = typer.Argument(help="The zip to write."),
    uri: str = typer.Option(
        "", help="SQLAlchemy URI of the release as Superset sees it; default: this home's current.duckdb."
    ),
    name: str = typer.Option("Milepost", help="Name of the connection in Superset; one per audience."),
    as_json: bool = typer.Option(False, "--json", help="Print the names of what is in it as JSON."),
) -> None:
    """Write the dashboards as a bundle that a Superset which is there already imports.

    A password in the URI is left out; Superset asks for it. Importing twice doubles nothing.

    Example: milepost dashboards milepost.zip --uri postgresql://riverbend_staff@db.example.org/bi
    """
    from orchestration.settings import prepare_environment
    from publishing.dashboards.bundle import Connection, write_bundle
    from publishing.dashboards.postgres import without_password

    home = prepare_environment()
    connection = Connection(name, without_password(uri)) if uri else _release_file(home, name)
    names = write_bundle(file, connection)
    if as_json:
        print_json(names)
        return
    err.print(f"{len(names)} files in {file}", markup=False)
    err.print("Import it with a POST to /api/v1/assets/import/ (docs/superset.md says how).")


def _release_file(home: Home, name: str = "Milepost") -> Connection:
    from publishing.dashboards.bundle import Connection, duckdb_uri

    return Connection(name, duckdb_uri(home.current_database))


def _postgres(uri: str) -> Connection:
    """The connection, after asking it for a release; named by its login, which is its audience."""
    from publishing.dashboards.bundle import Connection
    from publishing.dashboards.postgres import ask_for_release

    login, sqlalchemy_uri = ask_for_release(uri)
    return Connection(f"PostgreSQL, {login}", sqlalchemy_uri)


def _refuse_without_release(home: Home) -> None:
    from orchestration.settings import first_steps

    if not home.current_database.exists():
        raise UsageError(
            "There is no release yet, so there is nothing to show",
            where=str(home.published),
            next_step=first_steps("Run", publish=True),
        )


def _refuse_without_superset() -> None:
    from orchestration.superset import environment_folder

    folder = environment_folder()
    if not (folder / "bin" / "superset").exists():
        raise UsageError(
            "Superset is not installed",
            where=str(folder),
            next_step="Run `make superset`, which installs it into an environment of its own",
        )
