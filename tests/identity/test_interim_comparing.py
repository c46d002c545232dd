"""What the vault remembers of pairs holds while both accounts say what they said then, and no longer."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from identity.decisions import Decision, Member, decide
from identity.linking import link_persons
from identity.private.encoding import Child, Encoder
from identity.private.secret import SECRET_VARIABLE
from identity.review import review_queue
from identity.vault import open_vault
from ingestion.home import Home
from tests.identity.accounts_of_partners import child, cohort, name, persons, send

HERE = {"address": "12 Oak St", "zip_code": "46201"}
ELSEWHERE = {"address": "99 Elm St", "zip_code": "11111"}
ANA = {"first_name": "Ana", "last_name": "Gomez"}
HASH = "sha256:" + "a" * 64


def clinic_sends(home: Home, **said: str) -> None:
    """Sixty children whom the district knows, and one with a name and no birth date."""
    send(home, "clinic", *cohort("C", 0, 60), child("Y", **ANA, **said))
    link_persons(home)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A child of the clinic lives, it says, where the district's child of that name does not."""
    home = Home(tmp_path)
    send(home, "north", *cohort("N", 0, 60), child("X", **ANA, birth_date="2014-03-09", **HERE))
    clinic_sends(home, **ELSEWHERE)
    assert not are_one(home)
    return home


def are_one(home: Home, one: str = "clinic", other: str = "Y") -> bool:
    found = persons(home)
    return found[one, other] == found["north", "X"]


def test_an_address_that_is_told_later_is_compared(home: Home) -> None:
    clinic_sends(home, **HERE)
    assert are_one(home)
    clinic_sends(home, **ELSEWHERE)
    assert not are_one(home)


def test_what_was_compared_anew_is_what_is_remembered(home: Home) -> None:
    clinic_sends(home, **HERE, state_student_id="S9")
    assert are_one(home)
    send(home, "zoo", child("1", first_name="Zed", last_name="Zap", birth_date="2001-01-09"))
    link_persons(home)
    assert are_one(home), "a delivery of others changes nothing"


def test_nobody_is_asked_again_about_persons_who_were_told_apart(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for partner, prefix in (("north", "N"), ("south", "S"), ("clinic", "C")):
        send(home, partner, *cohort(prefix, 0, 60))
    link_persons(home)
    assert persons(home)["north", "N5"] == persons(home)["south", "S5"] == persons(home)["clinic", "C5"]
    apart = Decision(Member("north", "N5"), Member("clinic", "C5"), "different", "a reviewer", "twins")
    with open_vault(home) as con:
        decide(con, [apart])
    assert link_persons(home).to_review == 0
    with open_vault(home, read_only=True) as con:
        assert review_queue(con) == []
    found = persons(home)
    told = duckdb.sql(
        f"select count(*), min(status), max(status) from '{home.identity / 'links.parquet'}' "
        f"where list_sort([person_id_l, person_id_r]) = list_sort(['{found['north', 'N5']}', '{found['clinic', 'C5']}'])"
    ).fetchall()
    assert told == [(2, "decided_different", "decided_different")]


def test_a_hashed_number_that_turns_out_to_be_two_childrens_joins_nobody_any_more(tmp_path: Path) -> None:
    home = Home(tmp_path)
    told = {"hashed_national_id": HASH, "birth_date": "2012-05-05"}
    send(home, "north", *cohort("N", 500, 60), child("X", **told))
    send(home, "clinic", *cohort("C", 0, 60), child("Y", **told), school_year=2024)
    link_persons(home)
    assert are_one(home)
    send(home, "clinic", child("Z", hashed_national_id=HASH, birth_date="1990-01-02"), school_year=2025)
    link_persons(home)
    assert not are_one(home)


def test_encodings_of_a_secret_that_is_ours_no_more_join_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, next_one = "made up for these tests alone 1234", "another secret for these tests 98765"
    monkeypatch.setenv(SECRET_VARIABLE, ours)
    children = [
        Child(
            name(i * 53 + 7),
            None,
            name(i * 101 + 5) + "son",
            dt.date(2003 + i % 5, 1 + i % 12, 1 + i),
            None,
            None,
        )
        for i in range(25)
    ]

    def encoded(by: str, which: range, year: int) -> None:
        encoder = Encoder(by)
        rows = (
            child(
                f"C{i}",
                clk=str(encoder.encode(children[i])),
                clk_version=encoder.version,
                birth_year=str(children[i].birth_date.year),  # type: ignore[union-attr]
            )
            for i in which
        )
        send(home, "clinic", *rows, school_year=year)

    def linked(which: range) -> int:
        found = persons(home)
        return sum(found["clinic", f"C{i}"] == found["north", f"D{i}"] for i in which)

    home = Home(tmp_path)
    named = [
        child(f"D{i}", first_name=one.first_name, last_name=one.last_name, birth_date=str(one.birth_date))
        for i, one in enumerate(children)
    ]
    send(home, "north", *cohort("N", 0, 60), *named)
    encoded(ours, range(15), 2024)
    link_persons(home)
    assert linked(range(15)) == 15
    monkeypatch.setenv(SECRET_VARIABLE, next_one)
    encoded(next_one, range(15, 25), 2025)
    link_persons(home)
    assert (linked(range(15)), linked(range(15, 25))) == (0, 10)
