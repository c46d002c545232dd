"""A full disk, or one that may not be written: one clear error, and nothing of what the database quoted."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import sqlalchemy.exc

from ingestion.home import Home
from orchestration.machine import trouble_of_machine
from orchestration.rebuilding import BuildRecord
from tests.orchestration.conftest import GOOD
from tests.orchestration.test_loads import milepost

SECRET = "Q7SECRET"
pytestmark = pytest.mark.xdist_group("orchestration")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/home/ledger.jsonl"), "No space left"),
        (OSError(errno.EROFS, "Read-only file system", "/data/home"), "Read-only"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/home"), "Permission denied"),
        (
            sqlalchemy.exc.OperationalError(
                SECRET, SECRET, sqlite3.OperationalError("database or disk is full")
            ),
            "No space left",
        ),
        (sqlite3.OperationalError("attempt to write a readonly database"), "Read-only"),
        (duckdb.IOException(f"Could not write {SECRET}: No space left on device"), "No space left"),
    ],
)
def test_a_trouble_of_the_disk_is_told_with_its_place_and_a_next_step(error: Exception, says: str) -> None:
    told = str(trouble_of_machine(error))
    assert says in told
    assert told.startswith(str(getattr(error, "filename", None) or Home.from_environment().root))
    assert "then run the command again" in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "error",
    [
        ValueError("permission denied"),
        duckdb.ConversionException("Could not convert"),
        OSError(errno.ENOENT, "No such file or directory"),
    ],
)
def test_other_errors_are_no_trouble_of_the_machine(error: Exception) -> None:
    assert trouble_of_machine(error) is None


def test_a_command_on_a_full_disk_ends_in_one_sentence(
    drop: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    path = drop("attendance_2024.csv", GOOD)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", full)
        done = milepost("load", str(path))
    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert (
        "cannot be used (No space left on device). What was in force and published before still is." in said
    )
    assert milepost("load", str(path)).exit_code == 0


def test_what_was_built_is_forgotten_where_it_cannot_be_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    record = BuildRecord({"nodes": {}, "sources": {}}, home)
    with record.building([]):
        pass
    assert home.built.exists()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fails_on_a_full_disk() -> None:
        with record.building([]):
            monkeypatch.setattr(Path, "write_text", full)
            raise ValueError("of the build")

    with pytest.raises(ValueError, match="of the build"):
        fails_on_a_full_disk()
    assert list(home.built.parent.iterdir()) == []
