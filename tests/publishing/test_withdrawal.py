"""A release out of force: who is current then, what happens to its number, its files and its numbers."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from published_by_hand import build, folders, publish_content, rows_in_current

from ingestion.home import Home
from publishing import release, release_history, withdrawal
from publishing.release import prepare_release, publish
from publishing.release_contents import ReleaseError
from publishing.release_history import read_history
from publishing.withdrawal import allow_again, withdraw_release
from tests.warehouse_to_write import write_warehouse


class Killed(BaseException):
    """As a kill would: nothing catches it."""


def killed(*_: object) -> None:
    raise Killed


def last_shown_in(home: Home) -> set[str]:
    rows = duckdb.sql(f"select distinct last_release_id from '{home.shown_values}'").fetchall()
    return {release_id for (release_id,) in rows}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two releases, of one value and of two."""
    home = Home(tmp_path).create()
    publish_content(home, 1)
    publish_content(home, 2)
    return home


def test_the_one_before_is_current_and_the_number_is_never_used_again(home: Home) -> None:
    result = withdraw_release(home, "r0002", "wrong file")
    assert (result["current"], result["already"]) == ("r0001", False)
    assert rows_in_current(home) == 1
    assert not home.release_folder("r0002").exists()
    assert (home.withdrawn_releases / "r0002" / "manifest.json").exists()
    assert home.withdrawn_releases.stat().st_mode & 0o077 == 0
    told = {entry["release_id"]: entry["withdrawal_reason"] for entry in read_history(home)}
    assert told == {"r0001": None, "r0002": "wrong file"}
    assert withdraw_release(home, "r0002", "again")["already"]
    assert read_history(home)[1]["withdrawal_reason"] == "wrong file"
    assert publish_content(home, 3).release_id == "r0003"
    with duckdb.connect(str(home.current_database), read_only=True) as con:
        rows = con.execute(
            "select release_id, withdrawn_at is not null, withdrawal_reason from published.releases order by 1"
        ).fetchall()
    assert rows == [("r0001", False, None), ("r0002", True, "wrong file"), ("r0003", False, None)]


def test_its_numbers_do_not_come_back_by_themselves(home: Home) -> None:
    withdraw_release(home, "r0002", "wrong file")
    build(home, 2)
    with pytest.raises(ReleaseError, match=r"numbers of r0002, which was withdrawn \(wrong file\)"):
        publish(home)
    assert rows_in_current(home) == 1
    allow_again(home, "r0002", "it was right")
    assert publish(home).release_id == "r0003"
    assert rows_in_current(home) == 2


def test_its_numbers_do_not_come_back_beside_what_came_in_meanwhile(home: Home) -> None:
    withdraw_release(home, "r0002", "wrong file")
    build(home, 2)
    with write_warehouse(home) as con:  # another partner's delivery
        con.execute("insert into published.load_quality by name select 'another' as partner_id")
    with pytest.raises(ReleaseError, match="numbers of r0002, which was withdrawn"):
        publish(home)
    with write_warehouse(home) as con:  # mended
        con.execute(
            "update published.indicator_values set numerator = numerator + 1 where school_year <> 1999"
        )
    with pytest.raises(ReleaseError) as refused:  # by other rules, for the tables are made by hand
        publish(home)
    assert "withdrawn" not in str(refused.value)


def test_what_a_killed_publication_showed_is_recorded_before_it_is_withdrawn(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when everybody could read it, and withdrawn as one does with what went wrong."""
    with monkeypatch.context() as patched:
        patched.setattr(release, "record", killed)
        with pytest.raises(Killed):
            publish_content(home, 3)
    assert rows_in_current(home) == 3
    withdraw_release(home, "r0003", "it broke off")
    assert "r0003" in last_shown_in(home)


def test_what_was_made_while_a_release_was_withdrawn_does_not_go_out(home: Home) -> None:
    """It would say that the withdrawn one is in force."""
    build(home, 3)
    withdraw_release(home, "r0002", "wrong file")
    with pytest.raises(ReleaseError, match=r"withdrawn while this one was made.*refresh. again"):
        publish(home)
    assert rows_in_current(home) == 1
    assert publish_content(home, 3).release_id == "r0003"


def test_a_withdrawn_number_is_not_given_again_though_the_history_is_lost(home: Home) -> None:
    withdraw_release(home, "r0002", "wrong file")
    (home.published / release_history.HISTORY).unlink()
    assert prepare_release(home) == "r0003"


def test_what_a_kill_left_of_the_record_is_cleared(home: Home) -> None:
    left = home.published / f"{release_history.UNFINISHED}4711-shown_values.parquet"
    left.write_bytes(b"half")
    publish_content(home, 3)
    assert not left.exists()


def test_an_older_one_goes_and_the_current_stays(home: Home) -> None:
    assert withdraw_release(home, "r0001", "wrong year", delete=True)["current"] == "r0002"
    assert rows_in_current(home) == 2
    assert folders(home) == [
        "current",
        "current.duckdb",
        "r0002",
        "releases.jsonl",
        "shown_programs.parquet",
        "shown_values.parquet",
        "withdrawals.jsonl",
        "withdrawn",
    ]
    assert list(home.withdrawn_releases.iterdir()) == []


def test_without_another_there_is_none(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    publish_content(home, 1)
    assert withdraw_release(home, "r0001", "all wrong")["current"] is None
    assert not home.current_database.exists()
    assert not home.current_release.is_symlink()
    assert prepare_release(home) == "r0002"
    assert publish_content(home, 2).release_id == "r0002"
    assert rows_in_current(home) == 2


def test_what_cannot_be_withdrawn(home: Home) -> None:
    with pytest.raises(ReleaseError, match=r"no release r0020.*Did you mean 'r0002'"):
        withdraw_release(home, "r0020", "x")
    with pytest.raises(ReleaseError, match="needs a reason"):
        withdraw_release(home, "r0002", " ")
    with pytest.raises(ReleaseError, match="r0002 was not withdrawn"):
        allow_again(home, "r0002", "x")
    assert rows_in_current(home) == 2


@pytest.mark.parametrize("step", ["_link", "leave_withdrawn", "prune"])
def test_killed_after_it_was_recorded_the_next_run_ends_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(release_history, step, killed)
        with pytest.raises(Killed):
            withdraw_release(home, "r0002", "wrong file")
    assert rows_in_current(home) in (1, 2)
    assert publish_content(home, 3).release_id == "r0003"
    assert not home.release_folder("r0002").exists()
    assert withdrawal.withdraw_release(home, "r0003", "x")["current"] == "r0001"


def test_a_torn_line_of_withdrawal_is_no_withdrawal(home: Home) -> None:
    (home.published / release_history.WITHDRAWALS).write_text('{"release_id": "r00')
    assert publish(home).release_id == "r0002"
    withdraw_release(home, "r0002", "wrong file")
    assert rows_in_current(home) == 1
