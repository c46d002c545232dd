"""Put a second delivery in the place of a first, and be killed (SIGKILL) right before the n-th effect on files.

The rows and the home come from test_lake.py.
"""

import multiprocessing
import os
import signal
import sys
from pathlib import Path

EFFECTS = {"os.rename", "os.link", "os.remove", "os.truncate", "open"}


def kill_before_effect(number: int, home: Path) -> None:
    seen = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event not in EFFECTS or not isinstance(arguments[0], str | os.PathLike):
            return
        if event == "open" and not int(str(arguments[2] or 0)) & (os.O_WRONLY | os.O_RDWR):
            return
        path = Path(os.fspath(arguments[1] if event in ("os.rename", "os.link") else arguments[0]))  # type: ignore[arg-type]
        if path.is_relative_to(home) and "locks" not in path.parts:
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def killed_before(number: int, home: Path, action: str, name: str) -> bool:
    """Whether this action of a Lake on a delivery died before its `number`-th effect on files; else it is done."""
    process = _context.Process(target=_work, args=(number, home, action, name))
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def _work(number: int, home: Path, action: str, name: str) -> None:
    from test_lake import Lake

    kill_before_effect(number, home)
    getattr(Lake(home), action)(name)


_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["duckdb", "pytest", "hypothesis", "ingestion.lake.lake"])
