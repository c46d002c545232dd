"""A vault that is gone from a home that had one is told of; a first run, killed or not, makes its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from accounts_of_partners import child, persons, send

from identity.linking import link_persons
from identity.rotation import rotate_key
from identity.vault import open_vault
from identity.vault_check import check_vault, look_at_vault
from ingestion.home import Home
from ingestion.vault_key import KEY_FILE_VARIABLE, KEY_VARIABLE, VaultError, vault_key


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    send(home, "north", child("1", first_name="Abel"))
    return home


def release(home: Home) -> None:
    home.release_folder("r0001").mkdir(parents=True)
    home.current_release.symlink_to("r0001")


def lose_all_but(home: Home, trace: str) -> None:
    """The vault and the other traces of it are removed."""
    link_persons(home)
    home.vault.unlink()
    if trace == "release":
        release(home)
    for path in {home.vault_made, home.person_links} - {home.identity / trace}:
        path.unlink()


@pytest.mark.parametrize("trace", ["vault.made", "person_links.parquet", "release"])
def test_a_vault_that_is_gone_is_not_made_again_unasked(home: Home, trace: str) -> None:
    lose_all_but(home, trace)
    left = sorted(home.root.rglob("*"))
    for attempt in (link_persons, rotate_key, check_vault):
        with pytest.raises(VaultError) as refused:
            attempt(home)
        told = str(refused.value)
        assert str(home.vault) in told
        for word in ("decided", "ids of persons", "backup", "`milepost refresh --new-vault`"):
            assert word in told
        assert "yet" not in told
    with pytest.raises(VaultError, match="had one"), open_vault(home, read_only=True):
        pass
    with pytest.raises(VaultError, match="had one"), open_vault(home):
        pass
    assert [path for path in sorted(home.root.rglob("*")) if home.spill not in (path, *path.parents)] == [
        path for path in left if home.spill not in (path, *path.parents)
    ]
    check_vault(home, new_vault=True)
    assert not home.vault.exists()
    assert link_persons(home, new_vault=True).persons == 1
    assert link_persons(home).persons == 1
    assert persons(home).keys() == {("north", "1")}


def test_the_log_of_the_vault_that_is_gone_is_not_taken_for_that_of_the_new_one(home: Home) -> None:
    link_persons(home)
    killed = (
        "import os, signal, sys; from pathlib import Path; from identity.vault import open_vault;"
        "from ingestion.home import Home\n"
        "with open_vault(Home(Path(sys.argv[1]))) as con:\n"
        '    con.execute("insert into vault.generation values (77)")\n'
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", killed, str(home.root)], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    for path in (home.vault, home.vault_made, home.person_links):
        path.unlink()
    with pytest.raises(VaultError, match="had one"):
        link_persons(home)
    link_persons(home, new_vault=True)
    with open_vault(home, read_only=True) as con:
        assert con.execute("from vault.generation").fetchall() == [(1,)]


def test_a_vault_from_a_backup_is_the_one_it_was(home: Home) -> None:
    link_persons(home)
    content = home.vault.read_bytes()
    home.vault.unlink()
    with pytest.raises(VaultError, match="had one"):
        link_persons(home)
    home.vault.write_bytes(content)
    assert link_persons(home).persons == 1


def test_a_first_run_that_was_killed_with_its_key_made_is_run_again(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    key = vault_key(home, may_make=True)
    assert (home.identity / "vault.id").exists()
    check_vault(home)
    assert link_persons(home).persons == 1
    assert vault_key(home) == key


def test_nothing_is_made_by_a_look_at_a_home_without_a_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert not look_at_vault(Home(tmp_path / "home")).is_there
    with (
        pytest.raises(VaultError, match="no vault yet"),
        open_vault(Home(tmp_path / "home"), read_only=True),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_would_not_do_for_the_first_vault_is_told_before(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "short")
    with pytest.raises(VaultError, match="too short"):
        check_vault(home)
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / "none.key"))
    with pytest.raises(VaultError, match="key is missing"):
        check_vault(home)
    (tmp_path / "none.key").write_text("a key of enough characters")
    check_vault(home)


def test_a_vault_whose_name_is_gone_asks_for_its_key(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    link_persons(home)
    key = vault_key(home)
    (home.identity / "vault.id").unlink()
    with pytest.raises(VaultError, match="not known"):
        link_persons(home)
    assert not (home.identity / "vault.id").exists()
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(key.file))
    assert link_persons(home).persons == 1


@pytest.mark.parametrize("nbytes", [8, 32], ids=["name", "key"])
def test_two_first_runs_at_once_have_one_key(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nbytes: int
) -> None:
    import secrets

    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made, others = secrets.token_hex, []

    def after_the_other(length: int) -> str:
        if length == nbytes and not others:
            others.append("at work")
            others.append(vault_key(home, may_make=True).text)
        return made(length)

    monkeypatch.setattr(secrets, "token_hex", after_the_other)
    mine = vault_key(home, may_make=True)
    assert others == ["at work", mine.text]
    assert vault_key(home) == mine
    assert mine.file
    assert list(mine.file.parent.iterdir()) == [mine.file]
    assert [path.name for path in home.identity.iterdir()] == ["vault.id"]
