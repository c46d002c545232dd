"""Another key for the vault beside killed writers and readers at work: no commit and no key is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from accounts_of_partners import child, send

from identity.linking import link_persons
from identity.rotation import rotate_key
from identity.vault import open_vault
from ingestion.home import Home
from ingestion.vault_key import KEY_VARIABLE, VaultError, vault_key

DECISION = ("north", "1", "south", "2", "different")


@pytest.fixture
def by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose key lies in the owner's configuration folder."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    home = Home(tmp_path / "home")
    send(home, "north", child("1", first_name="Abel"))
    link_persons(home)
    return home


# a commit, and no time left to bring it into the file
DECIDED = """
import os, signal, sys
from pathlib import Path
from identity.vault import open_vault
from ingestion.home import Home
with open_vault(Home(Path(sys.argv[1]))) as con:
    con.execute(
        "insert into vault.decision values ('north', '1', 'south', '2', 'different', 'R.', now(), 'asked')"
    )
    os.kill(os.getpid(), signal.SIGKILL)
"""
READ = """
import sys
from pathlib import Path
from identity.vault import open_vault
from ingestion.home import Home
with open_vault(Home(Path(sys.argv[1])), read_only=True) as con:
    print(con.execute("select count(*) from vault.decision").fetchall(), flush=True)
    if sys.argv[2:] == ["stay"]:
        sys.stdin.read()
"""


def in_a_process(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)


def decide_and_be_killed(home: Home) -> None:
    assert in_a_process(DECIDED, home.root).returncode == -signal.SIGKILL
    log = home.vault.with_name("vault.duckdb.wal")
    assert log.stat().st_size > 0, "without it these tests tell nothing"


def decisions(home: Home) -> list[tuple[str, ...]]:
    with open_vault(home, read_only=True) as con:
        return con.execute("select * exclude (reviewer, decided_at, reason) from vault.decision").fetchall()


def on_disk(home: Home) -> dict[str, bytes]:
    """What lies in identity/ and beside the key, byte for byte."""
    folders = [home.identity]
    if key := vault_key(home).file:
        folders.append(key.parent)
    return {str(path): path.read_bytes() for folder in folders for path in sorted(folder.iterdir())}


def names(home: Home) -> set[str]:
    return {Path(path).name for path in on_disk(home)}


def test_what_a_killed_writer_left_beside_the_file_is_in_the_file_of_the_new_key(by_file: Home) -> None:
    decide_and_be_killed(by_file)
    old = vault_key(by_file)
    assert rotate_key(by_file).text == vault_key(by_file).text != old.text
    assert decisions(by_file) == [DECISION]
    assert not [name for name in names(by_file) if ".wal" in name or "rotating" in name or "next" in name]
    with open_vault(by_file) as con:
        con.execute("delete from vault.decision")
    assert decisions(by_file) == []


def test_the_key_from_before_stays_for_copies_of_the_home(by_file: Home, tmp_path: Path) -> None:
    old = vault_key(by_file)
    assert old.file is not None
    copy = Home(tmp_path / "copy")
    shutil.copytree(by_file.root, copy.root)
    rotate_key(by_file)
    with pytest.raises(VaultError, match="does not open with this key"), open_vault(copy, read_only=True):
        pass
    (former,) = old.file.parent.glob("*.former-*")
    assert (former.read_text().strip(), former.stat().st_mode & 0o777) == (old.text, 0o600)


# before a statement begins, or a file takes the place of another
KILLED = """
import os, signal, sys
from pathlib import Path
from identity import rotation
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
real, replace = rotation.working_database, Path.replace
rotation.working_database = lambda home: Connection(real(home))
Path.replace = lambda self, to: die() if self.name.endswith(moment) else replace(self, to)
rotation.rotate_key(Home(Path(sys.argv[1])), sys.argv[3] if len(sys.argv) > 3 else None)
"""
MOMENTS = [
    "checkpoint old", "copy from", "checkpoint fresh", "detach fresh", "detach old", ".rotating", ".key.next"
]  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_over_what_a_killed_writer_left_nothing_is_lost(by_file: Home, moment: str) -> None:
    decide_and_be_killed(by_file)
    assert in_a_process(KILLED, by_file.root, moment).returncode == -signal.SIGKILL
    before = on_disk(by_file)
    assert decisions(by_file) == [DECISION]
    assert on_disk(by_file) == before, "a reader finishes nothing"
    with open_vault(by_file):
        pass
    assert names(by_file).isdisjoint({"vault.rotating", "vault.rotating.wal"})
    assert not [name for name in names(by_file) if name.endswith(".next")]
    assert decisions(by_file) == [DECISION]
    rotate_key(by_file)
    assert decisions(by_file) == [DECISION]


def test_the_copy_that_a_kill_left_goes_when_a_writer_opens_though_the_environment_has_the_key(
    by_file: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, vault_key(by_file).text)
    killed = in_a_process(KILLED, by_file.root, ".rotating", "another key of enough characters")
    assert killed.returncode == -signal.SIGKILL
    assert "vault.rotating" in names(by_file)
    assert decisions(by_file) == []
    assert "vault.rotating" in names(by_file), "a reader clears nothing away"
    with open_vault(by_file):
        pass
    assert "vault.rotating" not in names(by_file)


def test_readers_in_the_midst_of_a_change_of_the_key_disturb_nothing(
    by_file: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_and_be_killed(by_file)
    told: dict[str, str] = {}
    replace = Path.replace

    def read_first(self: Path, to: Path) -> Path:
        read = in_a_process(READ, by_file.root)
        told[self.suffix] = read.stdout or read.stderr
        return replace(self, to)

    old = vault_key(by_file)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", read_first)
        new = rotate_key(by_file)
    # the last moments with the old key, and the first with the new one before its file has its name
    assert (told[".rotating"], told[".next"]) == ("[(1,)]\n", "[(1,)]\n")
    assert vault_key(by_file).text == new.text != old.text
    assert decisions(by_file) == [DECISION]


def test_a_key_changed_between_two_looks_of_a_reader_is_read_again(
    by_file: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from identity import vault_file

    attach, rotated = vault_file.attach, []

    def late(*given: object, **named: object) -> None:
        if not rotated:
            rotated.append(True)
            rotate_key(by_file)
        attach(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(vault_file, "attach", late)
    assert decisions(by_file) == []
    assert rotated


def test_while_a_reader_has_the_vault_open_its_key_stays(by_file: Home) -> None:
    before = on_disk(by_file)
    command = [sys.executable, "-c", READ, str(by_file.root), "stay"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout
        assert reader.stdout.readline() == "[(0,)]\n"
        with pytest.raises(VaultError, match="open in another process"):
            rotate_key(by_file)
        reader.communicate("")
    assert on_disk(by_file) == before
    assert rotate_key(by_file).text == vault_key(by_file).text


def test_a_next_key_is_kept_while_no_key_opens_the_vault(by_file: Home) -> None:
    """It may be the only one that ever will: a file that was put back from a backup, a key file overwritten."""
    key = vault_key(by_file)
    assert key.file
    following = key.file.with_name(f"{key.file.name}.next")
    following.write_text("some key of enough characters\n")
    key.file.write_text("another key of enough characters\n")
    with pytest.raises(VaultError, match="does not open with this key"), open_vault(by_file):
        pass
    assert following.read_text() == "some key of enough characters\n"


def test_the_key_of_a_vault_that_is_not_there_is_not_changed(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="no vault yet"):
        rotate_key(Home(tmp_path), "another key of enough characters")
    assert list(tmp_path.iterdir()) == []
