"""What is purged is nowhere in the home afterwards, stays out, and the receipt says so without a child's value."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from three_partners import (
    HEADER,
    LAST,
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

from identity.vault import open_vault
from ingestion.home import Home
from ingestion.lake.ledger import Ledger
from ingestion.traces import Look, Sought
from orchestration.purging.subjects import Subject
from orchestration.purging.unsure import unsure


@pytest.fixture
def communities(tmp_path: Path) -> Path:
    return tmp_path / "communities"


@pytest.fixture
def loaded(home: Home, communities: Path) -> Home:
    set_up(home, communities)
    put_in_force(home)
    return home


def receipt_of(home: Home) -> dict[str, object]:
    (file,) = [f for f in home.receipts.glob("*.json") if "pending" not in f.name]
    found: dict[str, object] = json.loads(file.read_text())
    return found


def students(home: Home, partner: str = "north") -> set[str]:
    """Numbers of a partner's children in the snapshot that a build reads."""
    import duckdb

    with duckdb.connect() as con:
        rows = con.execute(
            f"select distinct student_id from read_parquet('{home.snapshot.raw}/person/{partner}.person/*.parquet')"
        ).fetchall()
    return {number for (number,) in rows}


def test_a_purge_leaves_those_alone_who_have_the_same_placeholder_for_a_state_id(
    home: Home, communities: Path
) -> None:
    filler = "9999999999"
    set_up(home, communities)
    file = home.inbox / "north_people_2025.csv"
    file.write_text(re.sub("ST-[0-9]+", filler, file.read_text()))
    others = "".join(f"C-{n},Ann,Lee,2014-01-0{n},{filler},\n" for n in (1, 2))
    (home.inbox / "clinic_people_2024.csv").write_text(HEADER + others)
    put_in_force(home)
    link(home)
    with open_vault(home, read_only=True) as con:
        told = con.execute(
            "select person_id from vault.member where student_id = ?", [NUMBERS["north"]]
        ).fetchone()
    assert told is not None
    done = milepost("purge", "--person", told[0], "--yes")
    assert done.exit_code == 0, done.output
    assert traces(home, (NUMBERS["north"],)) == {}
    link(home)
    assert students(home) == {SISTER, "N-7700179"}
    assert students(home, "clinic") >= {"C-1", "C-2"}
    landed = [path.name for path in home.landing.rglob("*.csv")]
    assert "clinic_people_2024.csv" in landed


def test_a_purged_child_is_in_no_file_of_the_home_and_does_not_come_back(loaded: Home) -> None:
    person = same_child(loaded)
    before = traces(loaded)
    assert {path.split("/")[0] for path in before} >= {"inbox", "landing", "raw", "quarantine", "snapshot"}
    shown = milepost("purge", "--person", person)
    assert (shown.exit_code, "Nothing was removed" in shown.output) == (0, True), shown.output
    assert traces(loaded) == before, "without --yes everything stays"
    done = milepost("purge", "--person", person, "--yes", "--by", "A. Lee", "--why", "the family asked")
    assert done.exit_code == 0, done.output
    assert traces(loaded) == {}
    receipt = receipt_of(loaded)
    assert receipt["is_proven"] is True
    assert receipt["by"] == "A. Lee"
    by_place = {place["place"]: place for place in receipt["removed"]}  # type: ignore[attr-defined]
    assert (by_place["landing"]["n_files"], by_place["raw"]["n_rows"]) == (4, 3)
    assert (by_place["quarantine"]["n_rows"], by_place["vault, decisions"]["n_rows"]) == (1, 2)
    assert not any(text in done.output for text in (*PLANTED, person))
    # the same files again, another name and year, and a rebuild: the child stays out, its sister is there
    for partner in NUMBERS:
        (loaded.inbox / f"{partner}_people_2025.csv").write_text(people(partner))
        (loaded.inbox / f"{partner}_people_2024.csv").write_text(people(partner).replace("Street", "Road"))
    assert milepost("load").exit_code == 0
    link(loaded)
    assert students(loaded) == {SISTER, "N-7700179"}
    in_home = {path for path in traces(loaded) if not path.startswith("inbox/")}
    assert in_home == set()
    with open_vault(loaded, read_only=True) as con:
        ids = con.execute("select person_id from vault.person").fetchall()
        retired = con.execute("select person_id from vault.retired").fetchall()
    assert (person,) in retired, "with the ids that its records had before they were called one child"
    assert not {*retired} & {*ids}
    again = milepost("purge", "--person", person, "--yes")
    assert (again.exit_code, "Nothing to purge" in again.output) == (0, True)


def test_a_child_is_purged_by_an_id_that_it_had_before(loaded: Home) -> None:
    person = same_child(loaded)
    with open_vault(loaded, read_only=True) as con:
        former = [
            one
            for (one,) in con.execute(
                "select former_person_id from vault.alias where person_id = ?", [person]
            ).fetchall()
        ]
    assert len(former) == 2, "three records were called one child"
    assert milepost("purge", "--person", former[0], "--yes").exit_code == 0
    assert traces(loaded) == {}
    for one in (person, *former):
        again = milepost("purge", "--person", one, "--yes")
        assert (again.exit_code, "Nothing to purge" in again.output) == (0, True), again.output


def test_a_new_number_with_a_purged_childs_state_id_stays_out(loaded: Home) -> None:
    person = same_child(loaded)
    assert milepost("purge", "--person", person, "--yes").exit_code == 0
    row = f"N-5550001,Zeph,Q.,2014-03-09,{STATE_ID},\n"
    (loaded.inbox / "north_people_2024.csv").write_text(
        HEADER + row + "N-7700179,Bo,Ray,2015-01-02,ST-88811890,\n"
    )
    (loaded.inbox / "north_attendance_2024.csv").write_text(
        "ID,School,Enrolled,Absent\nN-5550001,Oak,180,4\nN-7700179,Oak,170,9\n"
    )
    assert milepost("load").exit_code == 0
    link(loaded)
    assert students(loaded) == {SISTER, "N-7700179"}
    assert {p for p in traces(loaded, ("N-5550001", STATE_ID)) if not p.startswith("inbox/")} == set()


def test_an_agreement_is_purged_and_the_others_are_untouched(loaded: Home) -> None:
    same_child(loaded)
    of_clinic = (NUMBERS["clinic"], "C-1234567")
    assert traces(loaded, of_clinic)
    done = milepost("purge", "--agreement", "clinic_2020", "--yes", "--why", "it ended")
    assert done.exit_code == 0, done.output
    assert traces(loaded, of_clinic) == {}
    assert receipt_of(loaded)["is_proven"] is True
    assert NUMBERS["north"] in repr(traces(loaded))
    assert {s.delivery.partner: s.status for s in Ledger(loaded.ledger).state()}["clinic"] == "purged"
    again = milepost("purge", "--agreement", "clinic_2020", "--yes")
    assert (again.exit_code, "Nothing to purge" in again.output) == (0, True), again.output
    # a new agreement, the same file: it is taken in like any other
    (loaded.inbox / "clinic_people_2025.csv").write_text(people("clinic"))
    assert milepost("load").exit_code == 0
    assert {s.delivery.partner: s.status for s in Ledger(loaded.ledger).state()}["clinic"] == "accepted"


def test_what_is_past_its_retention_is_listed_and_removed(loaded: Home) -> None:
    assert "Nothing to purge" in milepost("purge", "--due").output
    _receive_a_century_ago(loaded, "shelter")
    link(loaded)
    listed = milepost("purge", "--due")
    assert (listed.exit_code, "shelter.person" in listed.output) == (0, True), listed.output
    assert "north.person" not in listed.output
    assert milepost("purge", "--due", "--yes").exit_code == 0
    assert traces(loaded, (NUMBERS["shelter"],)) == {}
    assert "Nothing to purge" in milepost("purge", "--due", "--yes").output


def _receive_a_century_ago(home: Home, partner: str) -> None:
    """Another file under the ledger's name: what is appended to alone is not read again."""
    lines = home.ledger.read_text().splitlines()
    old = [line.replace('"at": "20', '"at": "19') if partner in line else line for line in lines]
    draft = home.root / "ledger.draft"
    draft.write_text("".join(f"{line}\n" for line in old))
    draft.replace(home.ledger)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--agreement", "clinic_2021"), "Did you mean 'clinic_2020'?"),
        (("--agreement", "clinic_2020", "--due"), "one of --agreement, --person and --due"),
        ((), "Say what to purge"),
    ],
)
def test_what_cannot_be_purged_is_told(loaded: Home, arguments: tuple[str, ...], said: str) -> None:
    told = milepost("purge", *arguments)
    assert told.exit_code == 2, told.output
    assert said in " ".join(told.output.split())
    assert not loaded.receipts.exists()


def test_in_the_place_of_an_unknown_person_no_other_child_is_named(loaded: Home) -> None:
    person = same_child(loaded)
    told = milepost("purge", "--person", f"{person[:-1]}_", "--yes")
    assert told.exit_code == 2
    assert person not in told.output
    assert "milepost identity explain" in told.output
    assert not loaded.receipts.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
step = sys.argv[1]
def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)
module, _, name = step.rpartition(".")
import importlib
found = importlib.import_module(module)
setattr(found, name, die)
from orchestration.cli import app
app(["purge", "--person", sys.argv[2], "--yes"])
"""


@pytest.mark.parametrize(
    "step",
    [
        "orchestration.purging.run.begin_receipt",
        "ingestion.landing.removal.remove_landed",
        "ingestion.lake.redaction.redact",
        "identity.purging.forget_chosen",
        "orchestration.purging.run._remove_derived",
        "orchestration.purging.run.search",
        "identity.purging.seal_vault",
    ],
)
def test_killed_in_the_midst_and_run_again_it_ends_the_same(loaded: Home, step: str) -> None:
    person = same_child(loaded)
    done = subprocess.run([sys.executable, "-c", KILLED, step, person], env={**os.environ}, check=False)
    assert done.returncode == -signal.SIGKILL
    again = milepost("purge", "--person", person, "--yes")
    assert again.exit_code == 0, again.output
    assert traces(loaded) == {}
    receipt = receipt_of(loaded)
    assert receipt["is_proven"] is True
    by_place = {place["place"]: place["n_rows"] for place in receipt["removed"]}  # type: ignore[attr-defined]
    assert (by_place["raw"], by_place["vault, decisions"]) == (3, 2), "what was there before the kill"
    with open_vault(loaded, read_only=True) as con:
        assert con.execute("select count(*) from vault.purging").fetchone() == (0,)
    link(loaded)
    assert students(loaded) == {SISTER, "N-7700179"}


def test_the_search_sees_what_is_left_and_the_receipt_does_not_say_what(loaded: Home) -> None:
    person = same_child(loaded)
    (loaded.root / "notes.txt").write_text(f"ask about {NAME} Quillfeather, born 3/9/2014\n")
    told = milepost("purge", "--person", person, "--yes")
    assert told.exit_code == 1
    assert "notes.txt" in told.output
    assert NAME not in told.output
    assert receipt_of(loaded)["is_proven"] is False


def test_a_file_that_cannot_be_searched_is_named_and_the_receipt_is_no_proof(loaded: Home) -> None:
    (loaded.inbox / "clinic_people_2024.csv").write_text("PAR1 ID,First\n1,x\n")
    told = milepost("purge", "--person", same_child(loaded), "--yes")
    assert told.exit_code == 1, told.output
    assert traces(loaded) == {}
    receipt = receipt_of(loaded)
    assert receipt["is_proven"] is False
    (file,) = receipt["searched"]["unsure"]  # type: ignore[index]
    assert file == "inbox/clinic_people_2024.csv"
    assert f"{file}: it begins as a Parquet file" in told.output
    assert "Found: nothing" not in told.output


def test_rejected_and_waiting_files_that_cannot_be_searched_are_named_before_and_after(loaded: Home) -> None:
    person = same_child(loaded)
    row = f"177,{NAME},{LAST},9.3.2014,,\n"
    sent = {
        "clinic_people_2024.csv.gz": gzip.compress(f"{HEADER}{row}".encode() * 9)[:-9],
        "shelter_people_2024.pdf": b"%PDF-1.7\n",
        "north_people_2024.csv": f"{HEADER}{row}".encode(),
    }
    for name, content in sent.items():
        (loaded.inbox / name).write_bytes(content)
    unread = "inbox/shelter_people_2024.pdf"
    shown = milepost("purge", "--person", person)
    assert f"{unread}: a PDF is not looked into" in shown.output, shown.output
    assert "clinic_people_2024" not in shown.output, "it is removed, for it tells of the child"
    done = milepost("purge", "--person", person, "--yes")
    assert done.exit_code == 1, done.output
    assert f"{unread}: a PDF is not looked into" in done.output
    left = sorted(path.name for path in loaded.inbox.iterdir() if "2024" in path.name)
    assert left == ["shelter_people_2024.pdf"]
    assert receipt_of(loaded)["is_proven"] is False


def test_what_the_lake_took_in_is_certain_and_an_agreement_is_proven_beside_others_files(
    loaded: Home,
) -> None:
    subject, sought = Subject("person", "p", "one child", "", person_id="p"), Sought.of(["177"])
    looks = {path: Look(False) for path in loaded.landing.rglob("*.csv")}
    assert unsure(loaded, subject, sought, looks) == {}
    rejected = loaded.landing / ("0" * 64) / "clinic_people_2024.csv"
    rejected.parent.mkdir()
    rejected.write_text("ID\n177\n")
    told = unsure(loaded, subject, sought, {**looks, rejected: Look(False)})
    assert [*told] == [str(rejected.relative_to(loaded.root))]
    assert "shorter than 4 characters" in told[str(rejected.relative_to(loaded.root))]
    of_agreement = Subject("agreement", "a", "an agreement", "")
    assert unsure(loaded, of_agreement, Sought(), {rejected: Look(False, "it is a PDF")}) == {}
