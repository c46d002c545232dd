"""A partner that gives the numbers of children who left to new ones is refused, and told which they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from accounts_of_partners import child, persons, send

from identity.linking import link_persons
from identity.reissued import ReissuedNumberError
from ingestion.home import Home

ANN = {"first_name": "Ann", "last_name": "Oakley", "birth_date": "2012-03-04"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    send(made, "north", child("1", **ANN), child("2", first_name="Bo", last_name="Lund"), school_year=2024)
    link_persons(made)
    return made


def test_other_children_by_numbers_that_were_taken_stop_linking_and_change_nothing(home: Home) -> None:
    before = home.person_links.read_bytes()
    other = child("1", first_name="Xavier", last_name="Mbeki", birth_date="2019-11-23")
    new = child("3", first_name="Cleo", last_name="Ruiz", birth_date="2019-01-09")
    send(home, "north", other, new, school_year=2026)
    with pytest.raises(ReissuedNumberError) as error:
        link_persons(home)
    assert "1 of 2 numbers are those of other children" in str(error.value)
    assert "Xavier" not in str(error.value)
    assert "Ann" not in str(error.value)
    assert home.person_links.read_bytes() == before
    assert not home.feedback_list("north", "reissued_numbers").exists()


def test_let_pass_the_partner_is_told_which_they_are_and_the_next_refresh_does_not_ask_again(
    home: Home,
) -> None:
    send(
        home,
        "north",
        child("1", first_name="Xavier", last_name="Mbeki", birth_date="2019-11-23"),
        school_year=2026,
    )
    assert link_persons(home, accept_reissued_numbers=True).reissued_numbers == 1
    assert (
        home.feedback_list("north", "reissued_numbers").read_text()
        == "student_id,another_child_from_school_year\n1,2026\n"
    )
    send(home, "south", child("900"))
    assert link_persons(home).reissued_numbers == 1
    assert set(persons(home)) == {("north", "1"), ("south", "900")} | {("north", "2")}


@pytest.mark.parametrize(
    "later",
    [
        {"first_name": "Xavier", "last_name": "Mbeki"},  # adopted: another name, the same birthday
        {"birth_date": "2011-07-19"},  # a birthday that was mistyped, or a guess before
        {"first_name": "Oakley", "last_name": "Ann", "birth_date": "2011-07-19"},  # columns were swapped
        {"first_name": "Xavier", "birth_date": "2011-07-19"},  # a twin of another year it is not
        {"first_name": "Xavier", "last_name": "Mbeki", "birth_date": "2012-04-03"},  # day and month swapped
        {"first_name": "Xavier", "last_name": "Mbeki", "birth_date": "2012-03-14"},  # one digit
        {"first_name": "", "last_name": "", "birth_date": "2019-11-23"},  # nobody says who it is
        {"first_name": "Anna", "last_name": "Oakley-Smith", "birth_date": "2019-11-23"},
    ],
)
def test_what_may_be_one_child_is_let_be(home: Home, later: dict[str, str]) -> None:
    send(home, "north", child("1", **{**ANN, **later}), school_year=2026)
    assert link_persons(home).reissued_numbers == 0


def test_without_birth_dates_state_ids_tell_children_apart(home: Home) -> None:
    send(
        home,
        "west",
        child("7", first_name="Ann", last_name="Oakley", state_student_id="S1"),
        school_year=2024,
    )
    send(
        home,
        "west",
        child("7", first_name="Xavier", last_name="Mbeki", state_student_id="S2"),
        school_year=2026,
    )
    with pytest.raises(ReissuedNumberError):
        link_persons(home)
