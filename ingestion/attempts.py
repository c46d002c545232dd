"""Which deliveries a process ended over: marked while they are loaded; only a kill leaves the mark."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingestion.home import Home


@contextlib.contextmanager
def attempt(home: Home, load_ids: Iterable[str]) -> Iterator[None]:
    """Mark these deliveries while the block runs; however it ends, short of a kill, the marks go."""
    folder = home.load_attempts
    folder.mkdir(parents=True, exist_ok=True)
    marks = {folder / load_id: times + 1 for load_id, times in _times(folder, load_ids).items()}
    for mark, times in marks.items():
        mark.write_text(f"{os.getpid()} {times}")
    try:
        yield
    finally:
        for mark in marks:
            mark.unlink(missing_ok=True)


def crashes(home: Home) -> dict[str, int]:
    """Load id -> how many times in a row the process that loaded it was gone before it was done."""
    if not home.load_attempts.exists():
        return {}
    found = {mark.name: _read(mark) for mark in home.load_attempts.iterdir()}
    return {load_id: times for load_id, (pid, times) in found.items() if times and not is_alive(pid)}


def forget(home: Home, load_ids: Iterable[str]) -> None:
    """Remove what a process that is gone left of these deliveries: they were done when it ended."""
    left = crashes(home)
    for load_id in load_ids:
        if load_id in left:
            (home.load_attempts / load_id).unlink(missing_ok=True)


def _times(folder: Path, load_ids: Iterable[str]) -> dict[str, int]:
    return {load_id: _read(folder / load_id)[1] for load_id in load_ids}


def _read(mark: Path) -> tuple[int, int]:
    """Process and number of attempts; a mark torn by the kill counts as the first attempt."""
    try:
        pid, times = mark.read_text().split()
        return int(pid), int(times)
    except FileNotFoundError:
        return 0, 0
    except ValueError:
        return 0, 1


def left_behind(folder: Path, prefix: str = "") -> Iterator[Path]:
    """What processes that are gone left in a folder under names that begin `<prefix><pid>-`."""
    for path in folder.glob(f"{prefix}[0-9]*-*"):
        if not is_alive(int(path.name.removeprefix(prefix).split("-")[0])):
            yield path


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs, whoever's it is."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
