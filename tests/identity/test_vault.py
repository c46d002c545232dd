"""The vault: encrypted, opened by its key alone, and whole whatever happens while its key is changed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from accounts_of_partners import child, cohort, persons, send

from identity.linking import link_persons
from identity.rotation import rotate_key
from identity.vault import open_vault
from ingestion.home import Home
from ingestion.vault_key import KEY_FILE_VARIABLE, KEY_VARIABLE, VaultError, vault_key

NAME, BIRTH, STREET = "Zephyrinella", "2014-03-09", "17 Quillfeather Lane"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    send(
        home, "north",
        child("N-77001", first_name=NAME, last_name="Ostrowicz", birth_date=BIRTH, address=STREET),
    )  # fmt: skip
    return home


@pytest.fixture
def by_file(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose key lies in the owner's configuration folder."""
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    link_persons(home)
    return home


def names_in_vault(home: Home) -> list[tuple[str]]:
    with open_vault(home, read_only=True) as con:
        return con.execute("select first_name from vault.account").fetchall()


def test_what_children_are_called_is_in_the_vault_and_nowhere_else_of_identity(home: Home) -> None:
    link_persons(home)
    assert names_in_vault(home) == [(NAME,)]
    for file in home.identity.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for text in (NAME, "Ostrowicz", STREET, BIRTH):
            assert text.encode() not in content, file.name
    assert stat.S_IMODE(home.vault.stat().st_mode) == 0o600
    with pytest.raises(duckdb.Error):
        duckdb.connect(str(home.vault), read_only=True)


def test_another_key_opens_nothing_and_the_links_stay(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    link_persons(home)
    before, links = home.vault.read_bytes(), persons(home)
    monkeypatch.setenv(KEY_VARIABLE, "some other key of enough letters")
    with pytest.raises(VaultError, match="does not open with this key") as refused:
        link_persons(home)
    assert "some other key" not in str(refused.value)
    assert (home.vault.read_bytes(), persons(home)) == (before, links)


def test_a_short_key_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "short")
    with pytest.raises(VaultError, match="too short"):
        link_persons(home)
    assert not home.vault.exists()


def test_the_first_use_makes_a_key_outside_the_home(by_file: Home, tmp_path: Path) -> None:
    file = vault_key(by_file).file
    assert file is not None
    assert file.is_relative_to(tmp_path / "config")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    by_file.root.rename(tmp_path / "moved")
    assert names_in_vault(Home(tmp_path / "moved")) == [(NAME,)]


def test_a_missing_key_says_where_it_was_looked_for(by_file: Home) -> None:
    file = vault_key(by_file).file
    assert file is not None
    file.unlink()
    with pytest.raises(VaultError, match="key is missing") as refused:
        link_persons(by_file)
    assert str(file) in str(refused.value)
    assert not file.exists(), "a new key for an old vault opens nothing"


def test_a_key_within_the_home_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    inside = home.root / "vault.key"
    inside.write_text("a key that lies beside the vault")
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(inside))
    with pytest.raises(VaultError, match="beside the vault"):
        link_persons(home)


@pytest.mark.parametrize("damage", ["cut", "overwritten", "no database"])
def test_a_damaged_vault_is_one_clear_error(home: Home, damage: str) -> None:
    link_persons(home)
    content = home.vault.read_bytes()
    links = home.person_links.read_bytes()
    broken = {
        "cut": content[: len(content) // 3],
        "overwritten": content[:4096] + bytes(len(content) - 4096),
        "no database": b"not a database at all",
    }[damage]
    home.vault.write_bytes(broken)
    send(home, "south", child("1", first_name="Abel"))
    with pytest.raises(VaultError) as refused:
        link_persons(home)
    assert NAME not in str(refused.value)
    assert "backup" in str(refused.value)
    assert home.person_links.read_bytes() == links


def test_a_block_that_changed_in_the_midst_of_the_vault_is_damage(home: Home) -> None:
    send(home, "north", *cohort("N", 0, 3000))
    link_persons(home)
    content = bytearray(home.vault.read_bytes())
    told = set()
    for place in range(5, len(content), len(content) // 40):
        content[place] ^= 1
        home.vault.write_bytes(content)
        content[place] ^= 1
        try:
            with open_vault(home, read_only=True) as con:
                con.execute("select sum(hash(one)) from vault.account as one").fetchall()
        except VaultError as error:
            told.add(str(error))
    assert len(told) == 1, "one message, and some of the places are in blocks that were read"
    assert "damaged" in told.pop()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00 no text", None], ids=["bytes", "a folder"])
def test_what_is_no_key_file_is_told(by_file: Home, content: bytes | None) -> None:
    link_persons(by_file)
    file = vault_key(by_file).file
    assert file is not None
    file.unlink()
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(VaultError, match="key cannot be read"), open_vault(by_file):
        pass


def test_a_vault_of_another_layout_keeps_its_persons_and_reads_the_rest_again(home: Home) -> None:
    link_persons(home)
    before = persons(home)
    with open_vault(home) as con:
        con.execute("alter table vault.account drop column address")
        con.execute("update vault.layout set number = 0")
    link_persons(home)
    assert names_in_vault(home) == [(NAME,)]
    assert persons(home) == before


def test_a_vault_of_the_release_before_keeps_what_is_kept_for_good(home: Home) -> None:
    send(home, "south", child("1", state_student_id="S7"), child("2", state_student_id="S7"), child("3"))
    link_persons(home)
    before = persons(home)
    kept = (
        "select member_id, partner_id, student_id, person_id, method, since from vault.member order by all",
        "select * from vault.change order by all",
        "select * from vault.alias order by all",
        "select * from vault.match_rate order by all",
        "select * from vault.decision order by all",
    )
    with open_vault(home) as con:
        # two of one person, known since 2019 and 2021; another that a child has moved to since, nobody knows when
        con.execute("update vault.member set since = '2021-01-01' where student_id = '1'")
        con.execute("update vault.member set since = '2019-01-01' where student_id = '2'")
        moved = before["south", "3"]
        con.execute(
            "insert into vault.change values (?, 'former', 'joined', 'a reviewer decided', now())", [moved]
        )
        con.execute("insert into vault.alias values ('former', ?, now())", [moved])
        con.execute(
            "insert into vault.decision values ('south', '1', 'south', '2', 'same', 'R.', now(), 'seen')"
        )
        rows = [con.execute(query).fetchall() for query in kept]
        for statement in (
            "drop table vault.person",
            "drop table vault.mention",
            "alter table vault.member drop column joined_at",
            # what another release takes from a file has another key
            "update vault.file set file_key = 'older' || substr(file_key, 6)",
            "update vault.account set file_key = 'older' || substr(file_key, 6)",
        ):
            con.execute(statement)
    with (
        pytest.raises(VaultError, match="of an older release"),
        open_vault(home, read_only=True),
    ):
        pass
    for times in range(2):
        with open_vault(home) as con:
            assert [con.execute(query).fetchall() for query in kept] == rows, times
            since = con.execute(
                "select since::date::varchar from vault.person where person_id = ?", [before["south", "1"]]
            ).fetchall()
            came = con.execute(
                "select student_id, joined_at::date::varchar from vault.member where partner_id = 'south' order by 1"
            ).fetchall()
        assert since == [("2019-01-01",)]
        assert came == [("1", "2021-01-01"), ("2", "2019-01-01"), ("3", None)]
    mentioned = "select count(*), count(distinct file_key) from vault.mention"
    with open_vault(home) as con:
        assert con.execute(mentioned).fetchone() == (4, 1), "everybody, until files are read again"
    link_persons(home)
    assert persons(home) == before
    with open_vault(home) as con:
        assert con.execute(mentioned).fetchone() == (4, 2)


def test_rotation_changes_the_key_file_and_keeps_everything(by_file: Home) -> None:
    before, old = persons(by_file), vault_key(by_file)
    new = rotate_key(by_file)
    assert vault_key(by_file).text == new.text != old.text
    assert names_in_vault(by_file) == [(NAME,)]
    link_persons(by_file)
    assert persons(by_file) == before
    assert old.file is not None
    beside = {path.name for path in old.file.parent.iterdir()} - {old.file.name}
    assert {name.partition(".former-")[0] for name in beside} == {old.file.name}


def test_rotation_of_a_key_in_the_environment_asks_for_the_new_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_persons(home)
    with pytest.raises(VaultError, match="there is no new one"):
        rotate_key(home)
    rotate_key(home, "another key of enough characters")
    with pytest.raises(VaultError, match="does not open"):
        names_in_vault(home)
    monkeypatch.setenv(KEY_VARIABLE, "another key of enough characters")
    assert names_in_vault(home) == [(NAME,)]


# at each of its effects on files, in their order
EFFECTS = ["write_key", "attach_old", "attach_fresh", "replace_vault", "replace_key"]
KILLED = """
import os, signal, sys
from pathlib import Path
from identity import rotation
from ingestion.home import Home
effect, seen = sys.argv[2], 0
def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)
if effect == "write_key":
    rotation.write_key = die
elif effect.startswith("attach"):
    attach = rotation.attach
    rotation.attach = lambda con, file, key, name, **o: die() if effect.endswith(name) else attach(con, file, key, name, **o)
else:
    replace = Path.replace
    wanted = ".rotating" if effect == "replace_vault" else ".key.next"
    Path.replace = lambda self, to: die() if self.name.endswith(wanted) else replace(self, to)
rotation.rotate_key(Home(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("effect", EFFECTS)
def test_killed_while_its_key_is_changed_the_vault_opens(by_file: Home, effect: str) -> None:
    before = persons(by_file)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(by_file.root), effect], env={**os.environ}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert names_in_vault(by_file) == [(NAME,)]
    send(by_file, "south", child("1", first_name="Abel"))
    link_persons(by_file)
    assert persons(by_file).items() > before.items()
    key = vault_key(by_file).file
    assert key is not None
    assert [path.name for path in key.parent.iterdir() if path.suffix == ".next"] == []
    rotate_key(by_file)
    assert names_in_vault(by_file) == [(NAME,), ("Abel",)]
    assert names_in_vault(by_file) == [(NAME,), ("Abel",)]
