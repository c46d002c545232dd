"""Which releases there were: the history file, the symlink that says which is current, what a kill left."""

import contextlib
import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingestion.home import Home
from ingestion.lake.files import sync_file, sync_folder
from publishing.release_contents import DATABASE, MANIFEST

KEPT = 3
HISTORY = "releases.jsonl"
WITHDRAWALS = "withdrawals.jsonl"
RELEASE_ID = re.compile(r"^r\d{4,}$")
UNFINISHED = ".unfinished-"


def read_history(home: Home) -> list[dict[str, Any]]:
    """Every release that was ever current, oldest first.

    `withdrawn_at` and `withdrawal_reason` are those of a release that was taken out of force, else None.
    """
    history = _recorded(home)
    gone = withdrawals(home)
    for entry in history:
        line = gone.get(entry["release_id"], {})
        entry["withdrawn_at"], entry["withdrawal_reason"] = line.get("at"), line.get("reason")
    return history


def _recorded(home: Home) -> list[dict[str, Any]]:
    history = _lines(home.published / HISTORY)
    current = current_manifest(home)
    if current and all(entry["release_id"] != current["release_id"] for entry in history):
        history.append(_entry(current))
    return history


def withdrawals(home: Home) -> dict[str, dict[str, Any]]:
    """What is known of each withdrawal: at, reason, content, is_allowed (to be made again)."""
    found: dict[str, dict[str, Any]] = {}
    for line in _lines(home.published / WITHDRAWALS):
        found[line["release_id"]] = {**found.get(line["release_id"], {}), **line}
    return found


def usable(home: Home) -> list[dict[str, Any]]:
    """The releases that were not withdrawn, oldest first."""
    return [entry for entry in read_history(home) if not entry["withdrawn_at"]]


def _lines(path: Path) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):  # a last line torn by a kill
                lines.append(json.loads(line))
    return lines


def current_manifest(home: Home) -> dict[str, Any] | None:
    """The manifest of the current release; None where there is none."""
    try:
        manifest: dict[str, Any] = json.loads((home.current_release / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return manifest


def point_to(home: Home, release_id: str) -> None:
    """One rename makes `current` and `current.duckdb` the new release; readers keep what they opened."""
    _link(home.current_release, release_id)
    if not home.current_database.is_symlink():
        _link(home.current_database, f"{home.current_release.name}/{DATABASE}")


def _link(path: Path, target: str) -> None:
    temporary = path.with_name(f"{UNFINISHED}{path.name}")
    temporary.unlink(missing_ok=True)  # of a publication killed just here
    temporary.symlink_to(target)
    temporary.replace(path)
    sync_folder(path.parent)


def record(home: Home, about: Mapping[str, Any]) -> None:
    """Add a release to the history, and wait for the disk."""
    _append(home.published / HISTORY, _entry(about))


def record_withdrawal(home: Home, release_id: str, **facts: Any) -> None:
    """Add a line on a withdrawal, and wait for the disk: from then on the release is out of force."""
    at = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0).isoformat()
    _append(home.published / WITHDRAWALS, {"release_id": release_id, "at": at, **facts})


def _append(path: Path, line: Mapping[str, Any]) -> None:
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _entry(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {key: manifest[key] for key in ("release_id", "created_at", "notes", "data_as_of", "content")}


def recover(home: Home) -> None:
    """Bring history, folders and symlink into line: the symlink says what has been current, a line of
    withdrawal that it is no more.
    """
    recorded = home.published / HISTORY
    whole = "".join(json.dumps(entry) + "\n" for entry in _recorded(home))
    if whole and (not recorded.exists() or recorded.read_text(encoding="utf-8") != whole):
        temporary = home.published / f"{UNFINISHED}{HISTORY}"
        temporary.write_text(whole, encoding="utf-8")
        sync_file(temporary)
        temporary.replace(recorded)
        sync_folder(recorded.parent)
    leave_withdrawn(home)
    if home.current_release.is_symlink() and not home.current_database.is_symlink():
        _link(home.current_database, f"{home.current_release.name}/{DATABASE}")
    for folder in (home.published, home.released):
        for leftover in folder.glob(f"{UNFINISHED}*"):
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()
    prune(home)


def leave_withdrawn(home: Home) -> None:
    """Make the last release in force current again, and put those withdrawn where nobody reads them.

    Without one that is kept there is no current release.
    """
    gone = withdrawals(home)
    if home.current_release.is_symlink() and home.current_release.readlink().name in gone:
        kept = [e["release_id"] for e in usable(home) if home.release_folder(e["release_id"]).exists()]
        if kept:
            _link(home.current_release, kept[-1])
        else:
            home.current_database.unlink(missing_ok=True)
            home.current_release.unlink()
    for release_id, line in gone.items():
        folder = home.release_folder(release_id)
        home.withdrawn_releases.mkdir(exist_ok=True, mode=0o700)
        aside = home.withdrawn_releases / release_id
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
            folder.rename(aside)
        if line.get("is_deleted"):
            shutil.rmtree(aside, ignore_errors=True)


def prune(home: Home) -> None:
    """Keep the last three (a reader may just be opening an old one); drop what never was current."""
    kept = [entry["release_id"] for entry in usable(home)][-KEPT:]
    for folder in home.published.iterdir():
        if RELEASE_ID.match(folder.name) and folder.name not in kept:
            shutil.rmtree(folder)
