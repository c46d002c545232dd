"""Apache Superset beside this home: its environment, its own database, and its web server."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.errors import MilepostError
from orchestration.settings import PROJECT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.home import Home
    from publishing.dashboards.bundle import Connection

ENVIRONMENT_VARIABLE = "MILEPOST_SUPERSET_ENVIRONMENT"
PASSWORD_VARIABLE = "MILEPOST_SUPERSET_PASSWORD"
CONFIG = PROJECT_FOLDER / "dashboards" / "superset_config.py"
PROVISION = PROJECT_FOLDER / "dashboards" / "provision_superset.py"
ADMIN = "admin"


class SupersetError(MilepostError):
    """Superset could not be set up or started; releases and its own database are as they were."""


def environment_folder() -> Path:
    """The virtual environment of `make superset`, or the one that MILEPOST_SUPERSET_ENVIRONMENT names."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(named).absolute() if named else PROJECT_FOLDER / ".venv-superset"


def provision(home: Home, connections: Sequence[Connection]) -> str | None:
    """Bring Superset's database to what dashboards/ say; the admin's password if it was made up just now."""
    from publishing.dashboards.bundle import write_bundle

    folder = home.superset
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _secret_key(folder)
    password = os.environ.get(PASSWORD_VARIABLE, "")
    # asked for only where there is no admin yet, which the other side knows
    made_up = "" if password or (folder / "admin.made").exists() else secrets.token_urlsafe(12)
    bundles = [folder / f"bundle-{number}.zip" for number in range(len(connections))]
    try:
        for path, connection in zip(bundles, connections, strict=True):
            path.touch(mode=0o600)  # the password of a connection is in it
            write_bundle(path, connection)
        done = subprocess.run(
            [environment_folder() / "bin" / "python", PROVISION, folder / "made", *bundles],
            env=server_environment(home) | {"SUPERSET_ADMIN_PASSWORD": password or made_up},
            cwd=folder,
            capture_output=True,
            text=True,
        )
    finally:
        for path in bundles:
            path.unlink(missing_ok=True)
    log = folder / "provision.log"
    log.touch(mode=0o600)
    log.write_text(done.stderr)
    if done.returncode:
        raise SupersetError(
            "Superset's database could not be set up",
            where=str(log),
            next_step="The last lines of that log say why",
        )
    (folder / "admin.made").touch()
    told = json.loads(done.stdout.splitlines()[-1])
    return made_up if told["is_new_admin"] and made_up else None


def server_environment(home: Home) -> dict[str, str]:
    """What Superset reads from the environment; nothing of it is reported to its makers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "SUPERSET_"))}
    return kept | {
        "MILEPOST_HOME": str(home.root),
        "SUPERSET_CONFIG_PATH": str(CONFIG),
        "FLASK_APP": "superset.app:create_app()",
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
    }


def start(home: Home, host: str, port: int) -> subprocess.Popen[bytes]:
    """Start the web server in a process group of its own; its number is in superset.pid."""
    folder = home.superset
    command = [str(environment_folder() / "bin" / "gunicorn"), "--bind", f"{host}:{port}"]
    # one process holds 400 MB; charts wait for DuckDB or PostgreSQL, so threads are enough
    command += [
        "--workers",
        "1",
        "--worker-class",
        "gthread",
        "--threads",
        "12",
        "--timeout",
        "120",
        "--no-control-socket",
    ]
    with (folder / "superset.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "superset.app:create_app()"],
            start_new_session=True,
            env=server_environment(home),
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    (folder / "superset.pid").write_text(str(process.pid))
    return process


def _secret_key(folder: Path) -> None:
    """Made once, for its owner alone: what Superset encrypts, and who is logged in, hangs on it."""
    path = folder / "secret_key"
    if path.exists():
        return
    temporary = folder / "secret_key.new"
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    temporary.write_text(secrets.token_urlsafe(42))
    temporary.replace(path)
