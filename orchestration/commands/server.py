"""The Dagster UI on this home's data: `dev` starts it, `down` ends every process of it, and Superset."""

from __future__ import annotations

import subprocess
import sys

import typer

from orchestration.console import err
from orchestration.process_group import Server, end_group

START_SECONDS = 180


def register(app: typer.Typer) -> None:
    app.command()(dev)
    app.command()(down)


def dev(
    port: int = typer.Option(3000, help="Port of the web page."),
    host: str = typer.Option(
        "127.0.0.1", help="Address it listens on; anything else than this machine needs a proxy."
    ),
    background: bool = typer.Option(False, "--background", help="Return once the page answers."),
) -> None:
    """Open the Dagster UI (lineage, deliveries, checks, runs), with sensors and schedules.

    Example: milepost dev --port 3001

    End it with Ctrl-C, or from another terminal with: milepost down
    """
    from orchestration.settings import PROJECT_FOLDER, dagster_instance, prepare_environment

    home = prepare_environment()
    server = Server(
        name="Dagster",
        title="The UI of this home",
        pid_file=home.dagster / "dev.pid",
        log=home.dagster / "dev.log",
        host=host,
        port=port,
        page="",
        health="/server_info",
        usual="about 10 s",
        seconds=START_SECONDS,
    )
    server.refuse_to_start()
    dagster_instance(home)
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(PROJECT_FOLDER / "workspace.yaml")]
    # a session of its own, so that `down` can end the code server and the daemon with it
    with server.log.open("ab") as log:
        process = subprocess.Popen(
            [*command, "-h", host, "-p", str(port)],
            start_new_session=True,
            stdout=log,
            stderr=log,
            cwd=PROJECT_FOLDER,
        )
    server.pid_file.write_text(str(process.pid))
    server.attend(process, background=background)


def down() -> None:
    """End what `milepost dev` and `milepost superset` started, all of its processes.

    Example: milepost down
    """
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    ended = end_group(home.dagster / "dev.pid")
    err.print("The UI has ended." if ended else "The UI of this home is not running.")
    if end_group(home.superset / "superset.pid"):
        err.print("Superset has ended.")
