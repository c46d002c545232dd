"""A child who is opted out is in nothing that is built, by any partner's number, and the list tells nobody."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from pathlib import Path

import duckdb
import pytest
from three_partners import (
    HEADER,
    NAME,
    NUMBERS,
    PLANTED,
    SISTER,
    STATE_ID,
    link,
    milepost,
    people,
    put_in_force,
    same_child,
    set_up,
    traces,
)

from identity.opt_outs import open_withheld
from identity.rotation import rotate_key
from ingestion.home import Home
from ingestion.vault_key import KEY_VARIABLE, BadKey
from ingestion.withheld import SharedStateId

BUILT = ("raw", "superseded", "quarantine", "snapshot", "identity", "vault.account", "feedback")


@pytest.fixture
def ready(home: Home, tmp_path: Path) -> Home:
    set_up(home, tmp_path / "communities")
    return home


def opt_out(tmp_path: Path) -> str:
    """List the child by its number at school, in a file."""
    listed = tmp_path / "opt_outs.csv"
    listed.write_text(f"partner,student_id\nnorth,{NUMBERS['north']}\n")
    told = milepost("opt-outs", "add", "--file", listed)
    assert told.exit_code == 0, told.output
    return told.output


def built(home: Home) -> set[str]:
    """What is built or loaded and tells of the child."""
    return {path for path in traces(home) if path.startswith(BUILT)}


def test_a_listed_child_is_out_of_all_sectors_that_know_it_from_the_next_refresh_on(
    ready: Home, tmp_path: Path
) -> None:
    assert milepost("load").exit_code == 0
    same_child(ready)
    assert {path.split("/")[0] for path in built(ready)} >= {"raw", "quarantine", "snapshot", "vault.account"}
    opt_out(tmp_path)
    link(ready)
    assert built(ready) == set()
    # and out of the next load; its sister stays
    (ready.inbox / "north_people_2024.csv").write_text(people("north").replace("Elm", "Ash"))
    (ready.inbox / "clinic_people_2024.csv").write_text(people("clinic").replace("Oak", "Ash"))
    assert milepost("load").exit_code == 0
    assert built(ready) == set()
    link(ready)
    assert any(SISTER in texts for texts in traces(ready, (SISTER,)).values())
    assert built(ready) == set()


def test_who_is_listed_before_any_file_came_is_never_loaded(ready: Home, tmp_path: Path) -> None:
    said = opt_out(tmp_path)
    assert "known by no other number so far" in said
    assert milepost("load").exit_code == 0
    link(ready)
    assert not any(
        NUMBERS["north"] in texts for path, texts in traces(ready).items() if path.startswith(BUILT)
    )


def test_the_list_holds_keyed_hashes_and_commands_tell_nobody(ready: Home, tmp_path: Path) -> None:
    said = opt_out(tmp_path)
    told = json.loads(milepost("opt-outs", "list", "--json").stdout)
    assert [(one["community"], one["cause"], one["children"]) for one in told] == [("lakeside", "opt_out", 1)]
    listed = ready.opt_outs.read_text() + ready.opt_outs_key.read_text()
    assert not any(text in said + listed + json.dumps(told) for text in PLANTED)
    # with the secret it is HMAC-SHA-256, and neither a plain hash nor the vault's key gives it
    withheld = open_withheld(ready)
    assert withheld is not None
    text = f"student|north|{NUMBERS['north']}".encode()
    (entry,) = [json.loads(line) for line in ready.opt_outs.read_text().splitlines()]
    assert entry["hash"] == hmac.new(withheld._secret, text, hashlib.sha256).hexdigest()[:32]
    assert hashlib.sha256(text).hexdigest()[:32] != entry["hash"]


def test_without_the_key_nothing_is_loaded_or_built(
    ready: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opt_out(tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, "some other key of enough letters")
    told = milepost("load")
    assert told.exit_code == 2, told.output
    assert "the list of opt-outs does not open with this key" in " ".join(told.output.split())
    assert "some other key" not in told.output
    assert not [*ready.raw.glob("*/*/*.parquet")]
    refused = milepost("refresh")
    assert refused.exit_code == 2
    assert "does not open with this key" in " ".join(refused.output.split())


def test_the_list_opens_with_the_next_key_of_the_vault_and_not_with_the_former(
    ready: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert milepost("load").exit_code == 0
    link(ready)
    opt_out(tmp_path)
    rotate_key(ready, "another key of enough characters")
    with pytest.raises(BadKey, match="does not open"):
        open_withheld(ready)
    monkeypatch.setenv(KEY_VARIABLE, "another key of enough characters")
    link(ready)
    assert not any(
        NAME in texts for path, texts in traces(ready).items() if path.startswith("raw/person/north")
    )


def test_a_list_that_cannot_be_read_names_the_row_and_no_child(ready: Home, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(f"number\n{NUMBERS['north']}\n")
    told = milepost("opt-outs", "add", "--partner", "north", "--file", wrong)
    assert (told.exit_code, "no column student_id" in told.output) == (2, True)
    unknown = milepost("opt-outs", "add", "--partner", "nort", "--student", NUMBERS["north"])
    assert (unknown.exit_code, "Did you mean 'north'?" in unknown.output) == (2, True)
    assert NUMBERS["north"] not in told.output + unknown.output
    assert not ready.opt_outs.exists()


def test_who_is_taken_off_the_list_is_in_with_the_next_file(ready: Home, tmp_path: Path) -> None:
    opt_out(tmp_path)
    again = milepost("opt-outs", "add", "--partner", "north", "--student", NUMBERS["north"])
    assert "stood there already" in again.output
    told = milepost("opt-outs", "remove", "--partner", "north", "--student", NUMBERS["north"])
    assert "1 child taken off" in told.output
    assert milepost("load").exit_code == 0
    link(ready)
    assert any(path.startswith("raw/person/north") for path in built(ready))


def clinic_of(home: Home, *numbers: str) -> None:
    """The clinic's file of 2024, in force: children of these numbers, all with the state id of the child."""
    rows = "".join(f"{number},Ann,Lee,2014-01-0{day},{STATE_ID},\n" for day, number in enumerate(numbers, 1))
    (home.inbox / "clinic_people_2024.csv").write_text(HEADER + rows)
    put_in_force(home)


def lake(home: Home) -> dict[str, bytes]:
    """Every file of the lake, and the list."""
    files = [*home.raw.rglob("*.parquet"), *home.superseded.glob("*"), *home.quarantine.rglob("*.parquet")]
    return {str(path): path.read_bytes() for path in [*files, home.opt_outs]}


def clinic_now(home: Home) -> set[str]:
    """Numbers of the clinic's file of 2024."""
    (file,) = (home.raw / "person" / "clinic.person").glob("2024-*.parquet")
    with duckdb.connect() as con:
        return {number for (number,) in con.execute(f"select student_id from '{file}'").fetchall()}


def test_what_one_file_says_of_a_child_takes_it_out_of_files_looked_at_before(
    ready: Home, tmp_path: Path
) -> None:
    clinic_of(ready, "C-5", "C-6")  # before the vault knows anything; the clinic's files come first
    opt_out(tmp_path)
    link(ready)
    assert clinic_now(ready) == set()


def test_a_state_id_of_three_children_stops_the_refresh_and_nothing_is_written(
    ready: Home, tmp_path: Path
) -> None:
    clinic_of(ready, "C-5", "C-6", "C-7")
    opt_out(tmp_path)
    before = lake(ready)
    with pytest.raises(SharedStateId, match="3 children of clinic carry a state id") as stopped:
        link(ready)
    assert lake(ready) == before
    assert not any(text in str(stopped.value) for text in (*PLANTED, "C-5", "C-6", "C-7"))
    # the clinic says that it is one of them: that one is out, and the others are there
    told = milepost("opt-outs", "add", "--partner", "clinic", "--student", "C-6")
    assert told.exit_code == 0, told.output
    link(ready)
    assert clinic_now(ready) == {"C-5", "C-7"}
    assert not any(
        path.startswith("raw/person/north") and NAME in texts for path, texts in traces(ready).items()
    )


def test_a_state_id_that_is_said_to_be_nobodys_takes_nobody_out_any_more(ready: Home, tmp_path: Path) -> None:
    clinic_of(ready, "C-5", "C-6", "C-7")
    opt_out(tmp_path)
    with pytest.raises(SharedStateId) as stopped:
        link(ready)
    (shared,) = re.findall("--shared ([0-9a-f]+)", stopped.value.next_step)
    told = milepost("opt-outs", "remove", "--shared", shared)
    assert (told.exit_code, "1 state id taken off" in told.output) == (0, True), told.output
    assert milepost("opt-outs", "remove", "--shared", "all of them").exit_code == 2
    link(ready)
    assert clinic_now(ready) == {"C-5", "C-6", "C-7"}
    assert not any(
        path.startswith("raw/person/north") and NAME in texts for path, texts in traces(ready).items()
    )
    counts = json.loads(milepost("opt-outs", "list", "--json").stdout)
    assert [one["children"] for one in counts] == [1]


def test_children_of_several_files_are_counted_together(ready: Home, tmp_path: Path) -> None:
    clinic_of(ready, "C-5", "C-6")
    clinic_of(ready, "C-7")  # supersedes the file before
    opt_out(tmp_path)
    before = lake(ready)
    with pytest.raises(SharedStateId, match="3 children of clinic"):
        link(ready)
    assert lake(ready) == before
    assert milepost("opt-outs", "add", "--partner", "clinic", "--student", "C-5").exit_code == 0
    link(ready)
    assert clinic_now(ready) == {"C-7"}


def test_a_file_in_which_three_children_have_a_listed_id_is_not_loaded_and_the_partner_not_told(
    ready: Home, tmp_path: Path
) -> None:
    opt_out(tmp_path)
    (ready.inbox / "north_attendance_2025.csv").unlink()
    assert milepost("load", ready.inbox / "north_people_2025.csv").exit_code == 0
    rows = "".join(f"C-{day},Ann,Lee,2014-01-0{day},{STATE_ID},\n" for day in (5, 6, 7))
    (ready.inbox / "clinic_people_2024.csv").write_text(HEADER + rows)
    told = milepost("load", ready.inbox / "clinic_people_2024.csv")
    said = " ".join(told.output.split())
    assert (told.exit_code, "3 children of clinic carry" in said) == (2, True), said
    assert "clinic_people_2024.csv" in said
    assert STATE_ID not in said
    assert not [*(ready.raw / "person" / "clinic.person").glob("2024-*")]
    assert not [*ready.feedback.glob("clinic/*")]
    assert milepost("opt-outs", "add", "--partner", "clinic", "--student", "C-6").exit_code == 0
    assert milepost("load", ready.inbox / "clinic_people_2024.csv").exit_code == 0
    assert clinic_now(ready) == {"C-5", "C-7"}
