"""Commands in forked processes that kill themselves (SIGKILL) right before the n-th effect on a home's files."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path

# Written before every effect in each process, so what they do in between is of no interest here.
UNWATCHED = {"dagster", "dbt", "locks"}
EFFECTS = {"os.rename", "os.link", "os.symlink", "os.remove", "os.truncate", "os.mkdir", "os.rmdir", "open"}


def kill_before_effect(number: int, home: Path) -> None:
    """From now on this process dies right before its `number`-th rename, link, removal or opening to write below `home`."""
    seen = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event not in EFFECTS or not arguments or not isinstance(arguments[0], str | os.PathLike):
            return
        if event == "open" and not (int(str(arguments[2] or 0)) & (os.O_WRONLY | os.O_RDWR)):
            return
        target = arguments[1] if event in {"os.rename", "os.link", "os.symlink"} else arguments[0]
        path = Path(os.fspath(target))  # type: ignore[arg-type]
        if not path.is_relative_to(home) or set(path.relative_to(home).parts[:1]) & UNWATCHED:
            return
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def _work(arguments: list[str], environment: dict[str, str], number: int, log: str) -> None:
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    from orchestration.cli import main

    if number:
        kill_before_effect(number, Path(environment["MILEPOST_HOME"]))
    sys.argv = ["milepost", *arguments]
    main()


_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    ["orchestration.cli", "orchestration.raw", "great_expectations", "dagster", "duckdb"]
)


def run_killed(arguments: list[str], environment: dict[str, str], number: int, log: Path) -> int:
    """The command's exit code; -9 when it was killed before its `number`-th effect (0: never kill)."""
    process = _context.Process(target=_work, args=(arguments, environment, number, str(log)))
    process.start()
    process.join(120)
    assert process.exitcode is not None, "the command did not end within two minutes"
    return process.exitcode
