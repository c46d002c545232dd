"""Which releases there were: the history file, the symlink that says which is current, what a kill left."""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from typing import Any

from ingestion.home import Home
from publishing.release_contents import DATABASE, MANIFEST

KEPT = 3
HISTORY = "releases.jsonl"
RELEASE_ID = re.compile(r"^r\d{4,}$")
UNFINISHED = ".unfinished-"


def read_history(home: Home) -> list[dict[str, Any]]:
    """Every release that was ever current, oldest first."""
    history = read_lines(home, HISTORY)
    current = current_manifest(home)
    if current and all(entry["release_id"] != current["release_id"] for entry in history):
        history.append(_entry(current))
    return history


def read_lines(home: Home, name: str) -> list[dict[str, Any]]:
    """The lines of a JSON Lines file of the published folder; none where it is not there."""
    path = home.published / name
    lines: list[dict[str, Any]] = []
    if path.exists():
        for line in path.read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):  # a last line torn by a kill
                lines.append(json.loads(line))
    return lines


def current_manifest(home: Home) -> dict[str, Any] | None:
    """The manifest of the current release; None where there is none."""
    try:
        manifest: dict[str, Any] = json.loads((home.current_release / MANIFEST).read_text())
    except FileNotFoundError:
        return None
    return manifest


def point_to(home: Home, release_id: str) -> None:
    """One rename makes `current` and `current.duckdb` the new release; readers keep what they opened."""
    _link(home.current_release, release_id)
    if not home.current_database.is_symlink():
        _link(home.current_database, f"{home.current_release.name}/{DATABASE}")


def _link(path: Any, target: str) -> None:
    temporary = path.with_name(f"{UNFINISHED}{path.name}")
    temporary.unlink(missing_ok=True)  # of a publication killed just here
    temporary.symlink_to(target)
    temporary.replace(path)


def record(home: Home, about: Mapping[str, Any]) -> None:
    """Add a release to the history, and wait for the disk."""
    append_line(home, HISTORY, _entry(about))


def append_line(home: Home, name: str, line: Mapping[str, Any]) -> None:
    """Add a line to a JSON Lines file of the published folder, and wait for the disk."""
    with (home.published / name).open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _entry(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {key: manifest[key] for key in ("release_id", "created_at", "notes", "data_as_of", "content")}


def recover(home: Home) -> None:
    """Bring history and folders into line with the symlink: it alone says what has been current."""
    recorded = home.published / HISTORY
    whole = "".join(json.dumps(entry) + "\n" for entry in read_history(home))
    if whole and (not recorded.exists() or recorded.read_text() != whole):
        temporary = home.published / f"{UNFINISHED}{HISTORY}"
        temporary.write_text(whole)
        temporary.replace(recorded)
    if home.current_release.is_symlink() and not home.current_database.is_symlink():
        _link(home.current_database, f"{home.current_release.name}/{DATABASE}")
    for leftover in home.published.glob(f"{UNFINISHED}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    prune(home)


def prune(home: Home) -> None:
    """Keep the last three (a reader may just be opening an old one); drop what never was current."""
    kept = [entry["release_id"] for entry in read_history(home)][-KEPT:]
    for folder in home.published.iterdir():
        if RELEASE_ID.match(folder.name) and folder.name not in kept:
            shutil.rmtree(folder)
