"""Children whom no file in force speaks of: they keep no id from others, count for nothing, and come back."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from accounts_of_partners import child, cohort, persons, send

from identity.decisions import Decision, Member, Verdict, decide, unknown_decisions
from identity.linking import link_persons
from identity.review import review_queue
from identity.vault import open_vault
from ingestion.home import Home

NORTH, SOUTH, CLINIC = ("north", "1"), ("south", "900"), ("clinic", "5")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def say(home: Home, verdict: Verdict, one: tuple[str, str], other: tuple[str, str]) -> None:
    with open_vault(home) as con:
        decide(con, [Decision(Member(*one), Member(*other), verdict, "a reviewer", "asked the school")])


def changes(home: Home) -> list[tuple[str, str, str, str]]:
    """Of the last linking that changed something; no row names one person twice."""
    rows = duckdb.sql(
        f"select person_id, other_person_id, kind, cause, changed_at "
        f"from '{home.identity}/person_changes.parquet'"
    ).fetchall()
    assert all(row[0] != row[1] for row in rows)
    return [row[:4] for row in rows if row[4] == max(row[4] for row in rows)]


def methods(home: Home) -> dict[tuple[str, str], str]:
    rows = duckdb.sql(f"select partner_id, student_id, method from '{home.person_links}'").fetchall()
    return {(partner, student): method for partner, student, method in rows}


def test_who_is_still_told_of_keeps_the_id_when_another_file_is_withdrawn(home: Home) -> None:
    send(home, "south", child("900", state_student_id="S7"))
    link_persons(home)
    first = persons(home)[SOUTH]
    file = send(home, "clinic", child("5", state_student_id="S7"))
    link_persons(home)
    assert persons(home) == {SOUTH: first, CLINIC: first}
    kept = file.read_bytes()
    file.unlink()
    link_persons(home)
    assert persons(home) == {SOUTH: first}
    file.write_bytes(kept)
    link_persons(home)
    assert persons(home) == {SOUTH: first, CLINIC: first}
    assert changes(home) == []


def test_a_cohort_linked_by_names_keeps_its_ids_when_one_partner_is_withdrawn(home: Home) -> None:
    hospital = send(home, "hospital", *cohort("H", 0, 60))
    link_persons(home)
    send(home, "north", *cohort("N", 0, 60))
    assert link_persons(home).persons == 60
    before = persons(home)
    hospital.unlink()
    counts = link_persons(home)
    assert persons(home) == {who: person for who, person in before.items() if who[0] == "north"}
    assert (counts.students, counts.persons, counts.linked, counts.by_partner_id) == (60, 60, 0, 60)


def test_who_comes_back_alone_does_not_take_the_id_of_who_was_there_all_along(home: Home) -> None:
    # 'partner|clinic' sorts before 'state|S7', which decided it among equals
    send(home, "south", child("900", state_student_id="S7"))
    send(home, "clinic", child("5", state_student_id="S7")).unlink()
    clinic = send(home, "clinic", child("5", state_student_id="S7"))
    link_persons(home)
    before = persons(home)[SOUTH]
    clinic.unlink()
    link_persons(home)
    send(home, "clinic", child("5"))
    link_persons(home)
    after = persons(home)
    assert after[SOUTH] == before != after[CLINIC]


def test_a_person_is_as_old_as_it_is_when_its_first_record_is_withdrawn(home: Home) -> None:
    north = send(home, "north", child("1", state_student_id="S7"))
    link_persons(home)
    older = persons(home)[NORTH]
    send(home, "south", child("900"))
    link_persons(home)
    younger = persons(home)[SOUTH]
    send(home, "west", child("2", state_student_id="S7"))
    link_persons(home)
    north.unlink()
    link_persons(home)
    send(home, "south", child("900", state_student_id="S7"))
    link_persons(home)
    assert persons(home) == {SOUTH: older, ("west", "2"): older}
    assert changes(home) == [(older, younger, "joined", "a shared state id")]


def test_a_child_that_is_not_told_of_is_who_its_person_is_found_to_be(home: Home) -> None:
    send(home, "north", child("1", state_student_id="S7"))
    link_persons(home)
    send(home, "south", child("900", state_student_id="S8"))
    clinic = send(home, "clinic", child("5", state_student_id="S8"))
    link_persons(home)
    left = persons(home)[NORTH]
    kept = clinic.read_bytes()
    clinic.unlink()
    link_persons(home)
    say(home, "same", NORTH, SOUTH)
    link_persons(home)
    clinic.write_bytes(kept)
    link_persons(home)
    assert persons(home) == {NORTH: left, SOUTH: left, CLINIC: left}
    assert len(changes(home)) == 1


def test_decisions_on_a_withdrawn_child_are_on_nobody_and_what_they_chain_together_stays(home: Home) -> None:
    for partner, number in (NORTH, CLINIC):
        send(home, partner, child(number))
    south = send(home, "south", child("900"))
    link_persons(home)
    say(home, "same", NORTH, SOUTH)
    say(home, "same", SOUTH, CLINIC)
    link_persons(home)
    (one,) = set(persons(home).values())
    kept = south.read_bytes()
    south.unlink()
    link_persons(home)
    assert persons(home) == {NORTH: one, CLINIC: one}
    with open_vault(home, read_only=True) as con:
        assert unknown_decisions(con) == 2
    south.write_bytes(kept)
    link_persons(home)
    assert persons(home) == {NORTH: one, CLINIC: one, SOUTH: one}
    with open_vault(home, read_only=True) as con:
        assert unknown_decisions(con) == 0


def test_a_child_of_no_person_file_is_gone_with_the_last_file_that_speaks_of_it(home: Home) -> None:
    send(home, "north", child("1"))
    for year, numbers in ((2024, "('1'), ('2')"), (2025, "('2')")):
        path = home.raw / "attendance" / "north" / f"{year}-annual.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        duckdb.sql(
            f"copy (select 'north' as partner_id, * from (values {numbers}) as told (student_id)) "
            f"to '{path}' (format parquet)"
        )
    assert link_persons(home).students == 2
    before = persons(home)
    (path.parent / "2024-annual.parquet").unlink()
    assert link_persons(home).students == 2
    kept = path.read_bytes()
    path.unlink()
    assert link_persons(home).students == 1
    assert persons(home) == {NORTH: before[NORTH]}
    path.write_bytes(kept)
    assert link_persons(home).students == 2
    assert persons(home) == before


def test_a_child_taken_out_of_a_group_counts_as_known_to_its_partner_only(home: Home) -> None:
    send(home, "north", child("1", state_student_id="S7"))
    send(home, "south", child("900", state_student_id="S7"))
    link_persons(home)
    say(home, "different", NORTH, SOUTH)
    counts = link_persons(home)
    assert (counts.by_state_id, counts.by_partner_id, counts.linked) == (1, 1, 0)
    assert sorted(methods(home).values()) == ["apart", "state_id"]


def test_what_its_partner_merged_with_a_child_taken_out_links_it_to_nobody_else(home: Home) -> None:
    send(home, "north", child("1", state_student_id="S7"), child("2", replaced_by_student_id="1"))
    send(home, "south", child("900", state_student_id="S7"), child("901", replaced_by_student_id="900"))
    link_persons(home)
    say(home, "different", NORTH, SOUTH)
    counts = link_persons(home)
    assert (counts.persons, counts.by_state_id, counts.by_partner_id, counts.linked) == (2, 2, 2, 0)
    assert {who for who, method in methods(home).items() if method == "apart"} == {SOUTH, ("south", "901")}


def test_a_child_called_the_same_as_one_that_is_withdrawn_counts_as_known_to_its_partner_only(
    home: Home,
) -> None:
    send(home, "north", child("1"))
    south = send(home, "south", child("900"))
    say_same = ("same", NORTH, SOUTH)
    link_persons(home)
    say(home, *say_same)
    assert link_persons(home).linked == 2
    assert set(methods(home).values()) == {"decided"}
    south.unlink()
    counts = link_persons(home)
    assert (counts.students, counts.by_partner_id, counts.linked) == (1, 1, 0)


def test_a_withdrawn_roster_tells_nobody_apart_in_the_queue_of_review(home: Home) -> None:
    # the two are of one partner's roster, until what it said of one of them is withdrawn
    (known,) = cohort("C", 7, 1)
    strange = {**known, "first_name": known["first_name"][0], "birth_date": "2011" + known["birth_date"][4:]}
    send(home, "north", *cohort("N", 0, 60))
    send(home, "clinic", strange, *cohort("C", 0, 7), *cohort("C", 8, 52))
    link_persons(home)
    asked = ("clinic", "C7")

    def queue() -> set[tuple[str, str]]:
        with open_vault(home, read_only=True) as con:
            pairs = review_queue(con)
        return {(m.partner_id, m.student_id) for pair in pairs for m in (pair.left, pair.right)}

    assert asked in queue()
    west = send(home, "west", child("W1"), child("W2"))
    link_persons(home)
    say(home, "same", asked, ("west", "W1"))
    say(home, "same", ("north", "N7"), ("west", "W2"))
    link_persons(home)
    assert asked not in queue()
    west.unlink()
    link_persons(home)
    assert asked in queue()


# ---- why persons were joined or split ---------------------------------------------------------------------
def test_a_join_by_a_reviewer_is_told_as_that(home: Home) -> None:
    for partner, number in (NORTH, SOUTH, CLINIC):
        send(home, partner, child(number, **({"state_student_id": "S7"} if partner == "north" else {})))
    link_persons(home)
    say(home, "same", NORTH, SOUTH)
    link_persons(home)
    assert [row[2:] for row in changes(home)] == [("joined", "a reviewer decided")]
    say(home, "same", SOUTH, CLINIC)
    link_persons(home)
    assert [row[2:] for row in changes(home)] == [("joined", "a reviewer decided")]


def test_a_join_by_the_partners_own_merge_is_told_as_that(home: Home) -> None:
    send(home, "clinic", child("5"), child("6"))
    link_persons(home)
    send(home, "clinic", child("5", replaced_by_student_id="6"), child("6"))
    link_persons(home)
    assert [row[2:] for row in changes(home)] == [("joined", "the partner merged its records")]


def test_a_merge_that_is_withdrawn_is_told_as_a_file_that_is_no_longer_in_force(home: Home) -> None:
    send(home, "clinic", child("5"), child("6"), school_year=2024)
    merge = send(home, "clinic", child("5", replaced_by_student_id="6"), school_year=2025)
    assert link_persons(home).persons == 1
    merge.unlink()
    assert link_persons(home).persons == 2
    assert [row[2:] for row in changes(home)] == [
        ("split", "the file that joined them is no longer in force")
    ]


def test_a_join_by_names_and_a_split_by_a_rival_are_told_as_that(home: Home) -> None:
    send(home, "north", *cohort("N", 0, 60))
    hidden = [{**one, "first_name": None, "last_name": None} for one in cohort("C", 0, 60)]  # type: ignore[dict-item]
    send(home, "clinic", *hidden)
    assert link_persons(home).persons == 120
    send(home, "clinic", *cohort("C", 0, 60))
    link_persons(home, retrain=True)
    joined = changes(home)
    assert len(joined) == 60
    assert {row[2:] for row in joined} == {("joined", "linked by name, birth date and what else is known")}
    rival = {**cohort("N", 7, 1)[0], "student_id": "N7-again"}
    send(home, "north", *cohort("N", 0, 60), rival)
    link_persons(home, retrain=True)
    ((person, other, kind, cause),) = changes(home)
    found = persons(home)
    assert {person, other} == {found["north", "N7"], found["clinic", "C7"]}
    assert (kind, cause) == ("split", "what joined them is no longer told, or fits another child as well")
