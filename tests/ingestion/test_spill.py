"""What databases put aside: in the home while they work, nowhere afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.home import Home
from ingestion.spill import clear_spill, working_database


def test_what_does_not_fit_into_memory_goes_to_the_home_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, elsewhere = Home(tmp_path / "home").create(), tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with working_database(home) as con:
        con.execute("set memory_limit = '60MB'")
        con.execute("create table rows as select i, md5(i::varchar) as text from range(3_000_000) as r (i)")
        assert list(home.spill.glob("*/*"))
    assert not list(home.spill.glob("*/*"))
    assert not list(elsewhere.iterdir())


def test_what_a_killed_process_put_aside_is_removed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True)
    left, own = home.spill / f"{int(gone.stdout)}-1", home.spill / f"{os.getpid()}-1"
    for folder in (left, own):
        folder.mkdir(parents=True)
        (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_text("a child's row")
    clear_spill(home)
    assert not left.exists()
    assert own.exists()
