"""Who released, exported, purged or asked what, and how many rows: a line each, appended, never a value."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import json
import os
from typing import TYPE_CHECKING, Any

from filelock import FileLock

if TYPE_CHECKING:
    from ingestion.home import Home


def record_access(
    home: Home, command: str, *, release: str | None = None, rows: int | None = None, **facts: str | int
) -> None:
    """Append a line and wait for the disk; an OSError means that nothing was recorded.

    `facts` are names and counts (a format, a target's kind), never what a query asked for or found.
    """
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    line = {"at": at, "user": _user(), "command": command, "release": release, "rows": rows, **facts}
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "access.lock"):
        # owner alone: who looked at what is nobody else's business
        descriptor = os.open(home.access_log, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        size = os.fstat(descriptor).st_size
        try:
            if size and os.pread(descriptor, 1, size - 1) != b"\n":  # a line torn by a kill
                data = b"\n" + data
            if os.write(descriptor, data) != len(data):
                raise OSError(28, "No space left on device", str(home.access_log))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
        finally:
            os.close(descriptor)


def read_accesses(home: Home) -> list[dict[str, Any]]:
    """Every line, oldest first; a torn one is left out."""
    found: list[dict[str, Any]] = []
    if home.access_log.exists():
        for line in home.access_log.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                found.append(json.loads(line))
    return found


def _user() -> str:
    """The account of the system; behind sudo, who called it."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # an id without an account, as in some containers
        return str(os.getuid())
