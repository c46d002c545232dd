"""Put a second delivery in the place of a first, and be killed (SIGKILL) right before the n-th effect on files.

Run as: python lake_killed.py HOME N ACTION, a method of Lake. The rows and the home come from test_lake.py.
"""

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


if __name__ == "__main__":
    from tests.ingestion.test_lake import SECOND, Lake

    lake = Lake(Path(sys.argv[1]))
    kill_before_effect(int(sys.argv[2]), lake.home.root)
    getattr(lake, sys.argv[3])(SECOND)
