"""The warehouse at rest: nothing to read without its key, one of an older version replaced, another key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from identity.rotation import rotate_key
from identity.vault import open_vault
from ingestion.home import Home
from ingestion.vault_key import KEY_VARIABLE, BadKey, vault_key
from ingestion.warehouse_file import (
    PlainWarehouse,
    WarehouseError,
    WrongWarehouseKey,
    check_warehouse,
    open_warehouse,
    warehouse_key,
)
from orchestration.cli import app
from orchestration.rebuilding import BuildRecord
from orchestration.warehouse import FINGERPRINT
from orchestration.writer import settle_warehouse
from publishing.access_log import read_accesses
from tests.warehouse_to_write import write_warehouse

pytestmark = pytest.mark.xdist_group("orchestration")
NAME, PERSON = "Quillonia", "0a1b2c3d4e5f60718293a4b5"
TABLE = f"create table children as select '{NAME}' as first_name, '{PERSON}' as person_id"
ROW = [(NAME, PERSON)]
NEW = "another key of enough characters"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a vault and a warehouse of one row; the key lies in the owner's configuration folder."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("MILEPOST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = Home(tmp_path / "home").create()
    with open_vault(home):
        pass
    with write_warehouse(home) as con:
        con.execute(TABLE)
    return home


def children(home: Home) -> list[tuple[str, str]]:
    with open_warehouse(home) as con:
        return con.execute("from children").fetchall()


def on_disk(home: Home) -> dict[str, bytes]:
    files = (path for path in home.root.rglob("*") if path.is_file() and home.spill not in path.parents)
    return {str(path.relative_to(home.root)): path.read_bytes() for path in files}


def told(*contents: bytes) -> list[str]:
    """Which of name and id stand in the bytes."""
    return [text for text in (NAME, PERSON) if any(text.encode() in content for content in contents)]


def killed(script: str, *arguments: str | Path) -> None:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


# ---- at rest ---------------------------------------------------------------------------------------------
COMMITTED = f"""
import os, signal, sys
from pathlib import Path
from ingestion.home import Home
from tests.warehouse_to_write import write_warehouse
con = write_warehouse(Home(Path(sys.argv[1])))
con.execute({TABLE.replace("children", "others")!r})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_neither_the_file_nor_what_a_killed_writer_leaves_beside_it_can_be_read(home: Home) -> None:
    plain = home.root / "plain.duckdb"
    with duckdb.connect(str(plain)) as con:
        con.execute(TABLE)
    assert told(plain.read_bytes()) == [NAME, PERSON], "else what follows tells nothing"
    killed(COMMITTED, home.root)
    log = home.warehouse.with_name("warehouse.duckdb.wal")
    assert log.stat().st_size > 0
    assert told(home.warehouse.read_bytes(), log.read_bytes()) == []
    with pytest.raises(duckdb.Error, match="without a key"):
        duckdb.connect(str(home.warehouse))
    # what was committed is there for who has the key
    with open_warehouse(home) as con:
        assert con.execute("from others").fetchall() == ROW


def test_what_does_not_fit_into_memory_cannot_be_read_either(home: Home) -> None:
    with open_warehouse(home) as con:
        con.execute("set memory_limit = '60MB'; set threads = 1")
        con.execute(
            f"create temp table many as select '{NAME}' || uuid() as a, '{PERSON}' as b, uuid() as c"
            " from range(1500000)"
        )
        spilled = [path.read_bytes() for path in home.spill.rglob("*") if path.is_file()]
        assert sum(map(len, spilled)) > 1_000_000
        assert told(*spilled) == []


def test_the_key_of_the_warehouse_opens_it_in_any_duckdb_and_not_the_vault(home: Home) -> None:
    done = CliRunner().invoke(app, ["identity", "warehouse-key"])
    key = done.stdout.strip()
    assert key == warehouse_key(vault_key(home)).text != vault_key(home).text
    assert [line["command"] for line in read_accesses(home)] == ["identity warehouse-key"]
    with duckdb.connect() as con:
        con.execute(f"attach '{home.warehouse}' as warehouse (encryption_key '{key}', read_only)")
        assert con.execute("from warehouse.children").fetchall() == ROW
        with pytest.raises(duckdb.Error, match="Wrong encryption key"):
            con.execute(f"attach '{home.vault}' as vault (encryption_key '{key}', read_only)")


def test_a_missing_or_wrong_key_is_one_error_and_changes_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = on_disk(home)
    file = vault_key(home).file
    assert file is not None
    key = file.read_text()
    file.unlink()
    for attempt in (open_warehouse, check_warehouse, write_warehouse):
        with pytest.raises(BadKey, match="key is missing"):
            attempt(home)
    monkeypatch.setenv(KEY_VARIABLE, NEW)
    for attempt in (open_warehouse, check_warehouse, write_warehouse):
        with pytest.raises(WrongWarehouseKey, match="does not open with this key") as refused:
            attempt(home)
        assert NEW not in str(refused.value)
        assert warehouse_key(vault_key(home)).text not in str(refused.value)
    asked = CliRunner().invoke(app, ["query", "--warehouse", "from children"])
    assert asked.exit_code != 0
    assert isinstance(asked.exception, SystemExit | WarehouseError)
    assert on_disk(home) == before
    monkeypatch.delenv(KEY_VARIABLE)
    file.write_text(key)
    assert children(home) == ROW


# ---- of an older version ---------------------------------------------------------------------------------
@pytest.fixture
def plain(home: Home) -> Home:
    """The same home as a version without encryption would have left it, a killed writer's commits beside it."""
    home.warehouse.unlink()
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute(TABLE)
    home.warehouse.with_name("warehouse.duckdb.wal").write_bytes(b"commits")
    return home


def test_a_plain_warehouse_is_told_of_and_goes_when_it_is_to_be_written(plain: Home) -> None:
    before = on_disk(plain)
    with pytest.raises(PlainWarehouse, match="Run `milepost refresh`"):
        open_warehouse(plain)
    check_warehouse(plain)
    assert on_disk(plain) == before, "a reader takes nothing away"
    settle_warehouse(plain)
    assert not [*plain.root.glob("warehouse.duckdb*")]
    with write_warehouse(plain) as con:
        con.execute(TABLE)
    assert children(plain) == ROW


TAKEN_OVER = """
import os, signal, sys
from pathlib import Path
from ingestion.home import Home
from orchestration.writer import settle_warehouse
unlink = Path.unlink
def until(self, **options):
    if self.name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
    unlink(self, **options)
Path.unlink = until
settle_warehouse(Home(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("name", ["warehouse.duckdb.wal", "warehouse.duckdb"])
def test_killed_while_a_plain_warehouse_goes_the_next_writer_ends_in_the_same_state(
    plain: Home, name: str
) -> None:
    killed(TAKEN_OVER, plain.root, name)
    settle_warehouse(plain)
    assert not [*plain.root.glob("warehouse.duckdb*")]


def test_a_file_that_was_just_begun_when_its_writer_was_killed_is_begun_again(home: Home) -> None:
    home.warehouse.write_bytes(home.warehouse.read_bytes()[:4096])
    settle_warehouse(home)
    assert not home.warehouse.exists()


# ---- another key -----------------------------------------------------------------------------------------
# before a statement begins, or a file takes the place of another
ROTATED = """
import os, signal, sys
from pathlib import Path
from identity.rotation import rotate_key
from ingestion import warehouse_file
from ingestion.home import Home
moment = sys.argv[2]
def die():
    os.kill(os.getpid(), signal.SIGKILL)
class Connection:
    def __init__(self, con):
        self.con = con
    def __enter__(self):
        return self
    def __exit__(self, *_):
        self.con.close()
    def execute(self, sql, *given):
        return die() if sql.startswith(moment) else self.con.execute(sql, *given)
real, replace = warehouse_file.working_database, Path.replace
warehouse_file.working_database = lambda home: Connection(real(home))
Path.replace = lambda self, to: die() if self.name.endswith(moment) else replace(self, to)
rotate_key(Home(Path(sys.argv[1])), sys.argv[3] if len(sys.argv) > 3 else None)
"""
MOMENTS = [
    "checkpoint warehouse",
    "copy from",
    "detach fresh",
    ".rekeying",
    ".rotating",
    ".rekeyed",
    ".key.next",
]


def leftovers(home: Home) -> list[str]:
    return [path.name for path in home.root.glob("*.rekey*")]


def test_with_another_key_the_old_one_opens_the_warehouse_no_more(home: Home) -> None:
    old = vault_key(home)
    before = home.warehouse.read_bytes()
    fresh = rotate_key(home)
    assert children(home) == ROW
    assert leftovers(home) == []
    assert home.warehouse.read_bytes() != before
    for key, opens in ((old, False), (fresh, True)):
        with duckdb.connect() as con:
            sql = f"attach '{home.warehouse}' as w (encryption_key '{warehouse_key(key).text}', read_only)"
            if opens:
                con.execute(sql)
            else:
                with pytest.raises(duckdb.Error, match="Wrong encryption key"):
                    con.execute(sql)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_its_key_is_changed_the_warehouse_opens(home: Home, moment: str) -> None:
    killed(COMMITTED, home.root)  # over what a killed writer left
    killed(ROTATED, home.root, moment)
    before = on_disk(home)
    assert children(home) == ROW
    assert on_disk(home) == before, "a reader finishes nothing"
    settle_warehouse(home)
    assert children(home) == ROW
    assert leftovers(home) == []
    rotate_key(home)
    assert children(home) == ROW
    with open_warehouse(home) as con:
        assert con.execute("from others").fetchall() == ROW


@pytest.mark.parametrize(("moment", "key_now"), [(".rotating", "old"), (".rekeyed", "new")])
def test_a_key_of_the_environment_is_changed_for_both_files_or_for_none(
    home: Home, monkeypatch: pytest.MonkeyPatch, moment: str, key_now: str
) -> None:
    old = vault_key(home).text
    monkeypatch.setenv(KEY_VARIABLE, old)
    killed(ROTATED, home.root, moment, NEW)
    monkeypatch.setenv(KEY_VARIABLE, old if key_now == "new" else NEW)
    with pytest.raises(BadKey, match="does not open"), open_vault(home):
        pass
    monkeypatch.setenv(KEY_VARIABLE, NEW if key_now == "new" else old)
    settle_warehouse(home)
    assert children(home) == ROW
    assert leftovers(home) == []


def test_what_is_built_is_not_built_again_for_another_key(home: Home) -> None:
    node = {
        "resource_type": "model",
        "fqn": ["milepost", "marts", "kept"],
        "config": {"materialized": "table"},
        "depends_on": {"nodes": []},
    }
    manifest = {"nodes": {"model.milepost.kept": node}, "sources": {}, FINGERPRINT: "of the project"}
    with BuildRecord(manifest, home).building(["model.milepost.kept"]):
        pass
    assert BuildRecord(manifest, home).outdated() == []
    done = CliRunner().invoke(app, ["identity", "rotate-key"])
    assert done.exit_code == 0, done.output
    assert BuildRecord(manifest, home).outdated() == []
    assert children(home) == ROW
