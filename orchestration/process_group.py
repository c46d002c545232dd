"""Servers that run in the background: a process group each, known by the file that holds its number."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from orchestration.console import UsageError, err

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


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server to be started: `page` is what is told of it, `health` the path that answers once it is up.

    usual: how long a start takes, in words. seconds: how long it may take at most; a dead process is seen at
    once, and a slow machine may need minutes.
    """

    name: str
    title: str
    pid_file: Path
    log: Path
    host: str
    port: int
    page: str
    health: str
    usual: str
    seconds: int

    def refuse_to_start(self) -> None:
        """UsageError where it runs already, or something else listens at its port."""
        if running_group(self.pid_file):
            raise UsageError(f"{self.title} is already running", next_step="End it with `milepost down`")
        if answers(self.host, self.port):
            raise UsageError(f"Port {self.port} is taken", next_step="Choose another with --port")

    def attend(self, process: subprocess.Popen[bytes], *said: str, background: bool) -> None:
        """Wait until it is up and tell where; then return, or stay until it ends or is ended."""
        try:
            self._wait_until_up(process)
            err.print(
                f"[green]{self.name} is up:[/] http://{self.host}:{self.port}{self.page}   (log: {self.log})"
            )
            for line in said:
                err.print(line, markup=False, soft_wrap=True)
            if background:
                return
            err.print("Ctrl-C ends it.")
            process.wait()
        except BaseException:
            end_group(self.pid_file)
            raise
        end_group(self.pid_file)

    def _wait_until_up(self, process: subprocess.Popen[bytes]) -> None:
        from urllib import request  # 14 ms, which no other command has to wait for

        deadline = time.monotonic() + self.seconds
        with err.status(f"Starting {self.name} ({self.usual}) ..."):
            while time.monotonic() < deadline and process.poll() is None:
                with contextlib.suppress(OSError):
                    request.urlopen(f"http://{self.host}:{self.port}{self.health}", timeout=2).close()
                    return
                time.sleep(0.5)
        raise UsageError(
            f"{self.name} did not start",
            where=str(self.log),
            next_step="The last lines of that log say why",
        )


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
