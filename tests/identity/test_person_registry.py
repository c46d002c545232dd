"""person_ids: what they survive, what becomes of them when two children turn out one or one turns out two."""

from __future__ import annotations

import itertools
from pathlib import Path

import duckdb
import pytest
from accounts_of_partners import child, persons, send

from identity.decisions import Decision, DecisionError, Member, Verdict, decide, unknown_decisions
from identity.linking import link_persons
from identity.vault import open_vault
from ingestion.home import Home

NORTH, SOUTH, CLINIC = ("north", "1"), ("south", "900"), ("clinic", "C-5")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def say(home: Home, verdict: Verdict, one: tuple[str, str], other: tuple[str, str]) -> int:
    with open_vault(home) as con:
        return decide(
            con, [Decision(Member(*one), Member(*other), verdict, "a reviewer", "asked the school")]
        )


def changes(home: Home) -> list[tuple[str, str, str, str]]:
    file = home.identity / "person_changes.parquet"
    return duckdb.sql(
        f"select person_id, other_person_id, kind, cause from '{file}' order by changed_at"
    ).fetchall()


def aliases(home: Home) -> dict[str, str]:
    with open_vault(home, read_only=True) as con:
        return dict(con.execute("select former_person_id, person_id from vault.alias").fetchall())


def three(home: Home) -> dict[tuple[str, str], str]:
    """Three children of three partners that share nothing."""
    for partner, number in (NORTH, SOUTH, CLINIC):
        send(home, partner, child(number))
    link_persons(home)
    found = persons(home)
    assert len(set(found.values())) == 3
    return found


def test_two_persons_found_to_be_one_keep_the_id_that_is_known_longest(home: Home) -> None:
    send(home, "north", child("1", state_student_id="S7"))
    link_persons(home)
    first = persons(home)[NORTH]
    send(home, "south", child("900"))
    link_persons(home)
    second = persons(home)[SOUTH]
    send(home, "south", child("900", state_student_id="S7"))
    link_persons(home)
    assert persons(home) == {NORTH: first, SOUTH: first}
    assert aliases(home) == {second: first}
    assert changes(home) == [(first, second, "joined", "a shared state id")]


def test_an_alias_of_a_person_that_is_joined_in_its_turn_leads_to_who_is_left(home: Home) -> None:
    before = three(home)
    say(home, "same", SOUTH, CLINIC)
    link_persons(home)
    say(home, "same", NORTH, CLINIC)
    link_persons(home)
    (left,) = set(persons(home).values())
    assert left in before.values()
    assert aliases(home) == {former: left for former in before.values() if former != left}


def test_a_withdrawn_state_id_splits_what_it_joined_and_each_gets_its_own_id_back(home: Home) -> None:
    before = three(home)
    send(home, "clinic", child("C-5", state_student_id="S7"))
    send(home, "north", child("1", state_student_id="S7"))
    link_persons(home)
    joined = persons(home)
    assert joined[NORTH] == joined[CLINIC] in (before[NORTH], before[CLINIC])
    send(home, "clinic", child("C-5"))
    link_persons(home)
    after = persons(home)
    assert after[NORTH] != after[CLINIC]
    kept = {child: person for child, person in after.items() if person == joined[child]}
    assert len(kept) == 2, "one of the two keeps the id they shared, and south its own"
    assert changes(home)[-1][2:] == (
        "split",
        "what joined them is no longer told, or fits another child as well",
    )


def test_a_split_is_sticky_whatever_state_ids_say(home: Home) -> None:
    send(home, "north", child("1", state_student_id="S7"))
    send(home, "south", child("900", state_student_id="S7"))
    link_persons(home)
    assert len(set(persons(home).values())) == 1
    say(home, "different", NORTH, SOUTH)
    link_persons(home)
    apart = persons(home)
    assert len(set(apart.values())) == 2
    assert changes(home)[-1][2:] == ("split", "a reviewer decided")
    send(home, "south", child("900", state_student_id="S7"), school_year=2026)
    link_persons(home)
    assert persons(home) == apart
    say(home, "same", SOUTH, NORTH)
    link_persons(home)
    assert len(set(persons(home).values())) == 1, "the latest decision on a pair is in force"


def test_ids_survive_reloads_a_backfill_and_a_rebuild_of_everything_else(home: Home) -> None:
    send(home, "north", child("1", state_student_id="S7"), child("2"))
    send(home, "south", child("900", state_student_id="S7"))
    link_persons(home)
    before = persons(home)
    send(home, "north", child("1", state_student_id="S7"), child("2"), child("3"), school_year=2019)
    send(home, "south", child("900", state_student_id="S7"), child("901", state_student_id="S8"))
    link_persons(home)
    assert persons(home).items() > before.items()
    for file in home.identity.glob("*.parquet"):
        file.unlink()
    link_persons(home)
    assert persons(home).items() > before.items()


def test_without_joins_later_on_the_order_of_deliveries_does_not_matter(tmp_path: Path) -> None:
    deliveries = [
        ("north", [child("1", state_student_id="S7"), child("2")], 2024),
        ("south", [child("900", state_student_id="S7")], 2025),
        ("clinic", [child("C-5"), child("C-6", replaced_by_student_id="C-5")], 2025),
    ]
    found = []
    for number, order in enumerate(itertools.permutations(deliveries)):
        home = Home(tmp_path / str(number))
        for partner, children, year in order:
            send(home, partner, *children, school_year=year)
            link_persons(home)
        found.append(persons(home))
    at_once = Home(tmp_path / "at once")
    for partner, children, year in deliveries:
        send(at_once, partner, *children, school_year=year)
    link_persons(at_once)
    assert all(one == persons(at_once) for one in found)


def numbered_alike(home: Home) -> None:
    for partner, number in (NORTH, SOUTH, CLINIC):
        send(home, partner, child(number, state_student_id="S7"))
    link_persons(home)
    assert len(set(persons(home).values())) == 1


@pytest.mark.parametrize(
    ("one", "other", "third"), [(NORTH, SOUTH, CLINIC), (CLINIC, NORTH, SOUTH), (SOUTH, CLINIC, NORTH)]
)
def test_of_two_told_apart_the_one_named_second_leaves(
    home: Home, one: tuple[str, str], other: tuple[str, str], third: tuple[str, str]
) -> None:
    numbered_alike(home)
    say(home, "different", one, other)
    link_persons(home)
    found = persons(home)
    assert found[one] == found[third] != found[other]
    say(home, "same", one, other)
    link_persons(home)
    assert len(set(persons(home).values())) == 1


def test_who_was_called_the_same_leaves_with_a_child_that_is_told_apart(home: Home) -> None:
    numbered_alike(home)
    say(home, "different", NORTH, SOUTH)
    say(home, "same", SOUTH, CLINIC)
    link_persons(home)
    found = persons(home)
    assert found[SOUTH] == found[CLINIC] != found[NORTH]


def test_a_state_id_does_not_undo_a_different_by_way_of_a_same(home: Home) -> None:
    send(home, "north", child("1", state_student_id="S7"))
    send(home, "south", child("900", state_student_id="S7"))
    send(home, "clinic", child("C-5"))
    link_persons(home)
    say(home, "different", CLINIC, SOUTH)
    say(home, "same", CLINIC, NORTH)
    link_persons(home)
    found = persons(home)
    assert found[CLINIC] == found[NORTH] != found[SOUTH]


@pytest.mark.parametrize(
    "number", ["2", "3", "4", "5", "6", "7"]
)  # ids are hashed: some sort before, some behind
def test_what_a_partner_merged_is_told_apart_as_one(home: Home, number: str) -> None:
    merged, left = ("north", "1"), ("north", number)
    send(home, "north", child("1", replaced_by_student_id=number), child(number, state_student_id="S7"))
    send(home, "clinic", child("C-5", state_student_id="S7"))
    link_persons(home)
    say(home, "different", CLINIC, left)
    link_persons(home)
    found = persons(home)
    assert found[merged] == found[left] != found[CLINIC]
    say(home, "same", CLINIC, merged)
    with pytest.raises(DecisionError, match="a partner merged, or other decisions join"):
        link_persons(home)


def test_decisions_that_contradict_each_other_are_refused_and_nothing_is_kept(home: Home) -> None:
    three(home)
    say(home, "same", NORTH, SOUTH)
    say(home, "same", SOUTH, CLINIC)
    with pytest.raises(DecisionError, match="contradict"):
        say(home, "different", NORTH, CLINIC)
    link_persons(home)
    assert len(set(persons(home).values())) == 1


def test_a_decision_on_a_child_that_nobody_spoke_of_is_refused_without_its_number(home: Home) -> None:
    three(home)
    with pytest.raises(DecisionError, match="'north' never spoke of") as refused:
        say(home, "same", ("north", "4711"), SOUTH)
    assert "4711" not in str(refused.value)


def test_a_decision_stays_when_the_child_is_withdrawn_and_holds_when_it_comes_back(home: Home) -> None:
    three(home)
    say(home, "same", NORTH, SOUTH)
    file = home.raw / "person" / "south.person" / "2025-annual.parquet"
    kept = file.read_bytes()
    file.unlink()
    link_persons(home)
    with open_vault(home, read_only=True) as con:
        assert unknown_decisions(con) == 1
    file.write_bytes(kept)
    link_persons(home)
    found = persons(home)
    assert found[NORTH] == found[SOUTH]
    with open_vault(home, read_only=True) as con:
        assert unknown_decisions(con) == 0


def test_saying_the_same_again_is_no_new_decision(home: Home) -> None:
    three(home)
    assert say(home, "same", NORTH, SOUTH) == 1
    assert say(home, "same", SOUTH, NORTH) == 0


def test_a_partner_that_corrects_a_state_id_keeps_its_child(home: Home) -> None:
    send(home, "north", child("1", state_student_id="S7"), school_year=2024)
    counts = link_persons(home)
    assert counts.conflicting_state_ids == 0
    send(home, "north", child("1", state_student_id="S8"), school_year=2026)
    counts = link_persons(home)
    assert (counts.conflicting_state_ids, counts.reissued_numbers) == (1, 0)
