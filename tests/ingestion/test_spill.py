"""What databases put aside: in the home while they work, nowhere afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.errors import MilepostError
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


def test_a_deployment_says_how_much_memory_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_MEMORY", "64 MiB")
    with working_database(Home(tmp_path)) as con:
        assert con.execute("select current_setting('memory_limit')").fetchone() == ("64.0 MiB",)
        # 80 MB of numbers to sort: what does not fit is put aside
        con.execute("create table sorted as select hash(i) as h from range(10000000) t(i) order by h")
        spilled = con.execute("select sum(size) from duckdb_temporary_files()").fetchone()
    assert spilled is not None
    assert spilled[0] > 10_000_000


@pytest.mark.parametrize("amount", ["much", "-1", "3", "0GB", "80%", "3GB; attach 'x'"])
def test_an_amount_of_memory_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amount: str
) -> None:
    monkeypatch.setenv("MILEPOST_MEMORY", amount)
    with pytest.raises(MilepostError, match="MILEPOST_MEMORY is not an amount of memory"):
        working_database(Home(tmp_path))
