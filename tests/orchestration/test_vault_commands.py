"""The vault as commands tell of it: gone, shut by another key, or in order; and a refresh that says so at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from identity.linking import link_persons
from identity.vault import open_vault
from ingestion.home import Home
from ingestion.vault_key import KEY_FILE_VARIABLE, KEY_VARIABLE, vault_key
from orchestration.cli import app
from tests.identity.accounts_of_partners import child, send
from tests.orchestration.conftest import GOOD, STUDENTS

pytestmark = pytest.mark.xdist_group("orchestration")


def milepost(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def doctor() -> dict[str, tuple[bool, str]]:
    """What it finds of the vault and its key."""
    told = json.loads(milepost("doctor", "--json").stdout)
    return {one["what"]: (one["ok"], one["finding"]) for one in told if one["what"].startswith("vault")}


def on_disk(home: Home) -> dict[Path, bytes]:
    return {path: path.read_bytes() if path.is_file() else b"" for path in home.root.rglob("*")}


@pytest.fixture
def linked(home: Home) -> Home:
    send(home, "north", child("1", first_name="Abel"))
    link_persons(home)
    return home


def test_doctor_looks_at_the_vault_and_its_key_and_changes_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    before = on_disk(home)
    assert doctor() == {
        "vault": (True, "not made yet: the first `milepost refresh` makes it"),
        "vault key": (True, "not tried: there is no vault to open"),
    }
    assert on_disk(home) == before
    assert not (tmp_path / "config").exists()

    send(home, "north", child("1", first_name="Abel"))
    link_persons(home)
    key = vault_key(home)
    assert key.file
    before = on_disk(home)
    good = {"vault": (True, str(home.vault)), "vault key": (True, "opens the vault")}
    assert doctor() == good

    key.file.write_text("another key of enough characters\n")
    assert doctor()["vault"] == good["vault"]
    ok, told = doctor()["vault key"]
    assert (ok, "does not open with this key" in told, "another key of" in told) == (False, True, False)
    assert milepost("doctor").exit_code == 1
    key.file.write_text("short\n")
    ok, told = doctor()["vault key"]
    assert (ok, "too short" in told, str(key.file) in told) == (False, True, True)
    key.file.unlink()
    ok, told = doctor()["vault key"]
    assert (ok, "key is missing" in told, str(key.file) in told) == (False, True, True)
    assert not key.file.exists()
    monkeypatch.setenv(KEY_VARIABLE, key.text)
    assert doctor() == good
    assert on_disk(home) == before

    home.vault.write_bytes(b"no database at all")
    (vault_ok, told), (key_ok, _) = doctor()["vault"], doctor()["vault key"]
    assert (vault_ok, "damaged" in told, key_ok) == (False, True, True)
    home.vault.unlink()
    ok, told = doctor()["vault"]
    assert (ok, "had one" in told, "--new-vault" in told) == (False, True, True)


@pytest.mark.parametrize("wrong", ["another", "short", "missing", "gone"])
def test_a_refresh_that_could_not_open_the_vault_ends_before_it_begins(
    linked: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    import orchestration.warehouse

    def never() -> None:
        raise AssertionError("the project was read first")

    monkeypatch.setattr(orchestration.warehouse, "prepared_manifest", never)
    said = {
        "another": "does not open with this key", "short": "too short", "missing": "key is missing",
        "gone": "--new-vault",
    }[wrong]  # fmt: skip
    if wrong == "gone":
        linked.vault.unlink()
    elif wrong == "missing":
        monkeypatch.delenv(KEY_VARIABLE)
        monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / "none.key"))
    else:
        monkeypatch.setenv(KEY_VARIABLE, {"another": "another key of enough characters"}.get(wrong, wrong))
    before = on_disk(linked)
    done = milepost("refresh")
    assert (done.exit_code, said in " ".join(done.output.split())) == (2, True), done.output
    assert on_disk(linked) == before


def test_no_command_makes_a_vault_in_the_place_of_one_that_is_gone(linked: Home) -> None:
    linked.vault.unlink()
    decision = ("different", "north:1", "north:2", "--reason", "asked")
    for command in (["status"], ["decisions"], ["decide", *decision], ["rotate-key"], ["explain", "x"]):
        done = milepost("identity", *command)
        told = " ".join(done.output.split())
        assert (done.exit_code, "had one" in told, "no vault yet" in told) == (2, True, False), told
        assert "`milepost refresh --new-vault`" in told
    assert not linked.vault.exists()


@pytest.mark.slow
def test_a_new_vault_is_made_when_a_refresh_is_told_to(home: Home, drop: Callable[[str, str], Path]) -> None:
    drop("attendance_2025.csv", GOOD)
    drop("students_2025.csv", STUDENTS)
    assert milepost("load").exit_code == 0
    first = milepost("refresh")
    assert first.exit_code == 0, first.output
    home.vault.unlink()
    refused = milepost("refresh")
    assert (refused.exit_code, "had one" in refused.output) == (2, True)
    anew = milepost("refresh", "--new-vault")
    assert anew.exit_code == 0, anew.output
    with open_vault(home, read_only=True) as con:
        assert con.execute("select count(*) from vault.member").fetchone() == (4,)
    again = milepost("refresh")
    assert (again.exit_code, "No published number changed" in again.output) == (0, True), again.output


def test_doctor_tells_a_key_file_that_others_can_read(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    send(home, "north", child("1", first_name="Abel"))
    link_persons(home)
    file = vault_key(home).file
    assert file
    assert "vault key's file" not in doctor()
    file.chmod(0o644)
    assert doctor()["vault key's file"] == (False, f"others can read it: chmod 600 {file}")
