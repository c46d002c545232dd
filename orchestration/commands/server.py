"""The Dagster UI on this home's data: `dev` starts it, `down` ends every process of it, and Superset."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import typer

from orchestration.console import UsageError, err
from orchestration.process_group import answers, end_group, running_group

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
    if running_group(home.dagster / "dev.pid"):
        raise UsageError("The UI of this home is already running", next_step="End it with `milepost down`")
    if answers(host, port):
        raise UsageError(f"Port {port} is taken", next_step="Choose another with --port")
    dagster_instance(home)
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(PROJECT_FOLDER / "workspace.yaml")]
    # a session of its own, so that `down` can end the code server and the daemon with it
    with (home.dagster / "dev.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "-h", host, "-p", str(port)],
            start_new_session=True,
            stdout=log,
            stderr=log,
            cwd=PROJECT_FOLDER,
        )
    pid_file = home.dagster / "dev.pid"
    pid_file.write_text(str(process.pid))
    try:
        _wait_until_up(process, host, port, home.dagster / "dev.log")
        err.print(f"[green]Dagster is up:[/] http://{host}:{port}   (log: {home.dagster / 'dev.log'})")
        if background:
            return
        err.print("Ctrl-C ends it.")
        process.wait()
    except BaseException:
        end_group(pid_file)
        raise
    if not background:
        end_group(pid_file)


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


def _wait_until_up(process: subprocess.Popen[bytes], host: str, port: int, log: Path) -> None:
    from urllib import request  # 14 ms, which no other command has to wait for

    deadline = time.monotonic() + START_SECONDS
    with err.status("Starting Dagster (about 10 s) ..."):
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError):
                request.urlopen(f"http://{host}:{port}/server_info", timeout=2).close()
                return
            time.sleep(0.5)
    raise UsageError("Dagster did not start", where=str(log), next_step="The last lines of that log say why")
