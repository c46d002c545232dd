"""Servers that run in the background: a process group each, known by the file that holds its number."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

STOP_SECONDS = 10
SERVERS = (b"dagster", b"superset")


def running_group(pid_file: Path) -> int | None:
    """The process group of `pid_file`, if any of it is alive; a stale file, or a reused number, is not."""
    try:
        group = int(pid_file.read_text())
        os.killpg(group, 0)
    except (OSError, ValueError):
        return None
    command = Path(f"/proc/{group}/cmdline")
    if command.exists() and not any(server in command.read_bytes() for server in SERVERS):
        return None
    return group


def end_group(pid_file: Path) -> bool:
    """Ask the whole group to end, then make it; True if there was one."""
    group = running_group(pid_file)
    if group is not None:
        _signal(group, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and _alive(group):
            time.sleep(0.2)
        _signal(group, signal.SIGKILL)
    pid_file.unlink(missing_ok=True)
    return group is not None


def answers(host: str, port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _alive(group: int) -> bool:
    # a dead child of ours counts as alive until it is waited for
    with contextlib.suppress(ChildProcessError):
        os.waitpid(-group, os.WNOHANG)
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True
