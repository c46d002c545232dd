"""A state id links nobody by which a partner tells of another child than the others do, whoever comes first."""

from __future__ import annotations

import itertools
from pathlib import Path

import duckdb
import pytest
from accounts_of_partners import child, cohort, persons, send

from identity.contradicted import ContradictedStateIdError
from identity.decisions import Decision, Member, Verdict, decide
from identity.linking import link_persons
from identity.review import review_queue
from identity.vault import open_vault
from ingestion.home import Home

ANN = {"first_name": "Ann", "last_name": "Oakley", "birth_date": "2012-03-04", "state_student_id": "S1"}
XAVIER = {**ANN, "first_name": "Xavier", "last_name": "Mbeki", "birth_date": "2009-11-23"}
CLEO = {**ANN, "first_name": "Cleo", "last_name": "Ruiz", "birth_date": "2015-01-19"}
NORTH, SOUTH, WEST, EAST = ("north", "1"), ("south", "2"), ("west", "3"), ("east", "4")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def tell(home: Home, who: tuple[str, str], account: dict[str, str], school_year: int = 2025) -> Path:
    return send(home, who[0], child(who[1], **account), school_year=school_year)


def methods(home: Home) -> dict[tuple[str, str], str]:
    rows = duckdb.sql(f"select partner_id, student_id, method from '{home.person_links}'").fetchall()
    return {(partner, student): method for partner, student, method in rows}


def say(home: Home, verdict: Verdict, one: tuple[str, str], other: tuple[str, str]) -> None:
    with open_vault(home) as con:
        decide(con, [Decision(Member(*one), Member(*other), verdict, "a reviewer", "asked the school")])


def queue(home: Home) -> list[set[tuple[str, str]]]:
    with open_vault(home, read_only=True) as con:
        return [
            {(pair.left.partner_id, pair.left.student_id), (pair.right.partner_id, pair.right.student_id)}
            for pair in review_queue(con)
        ]


LOST, KEPT = "state_id_contradicted", "state_id"


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        pytest.param(
            [(NORTH, ANN, 2024), (SOUTH, XAVIER, 2025)],
            {NORTH: LOST, SOUTH: LOST},
            id="nobody agrees: both lose it",
        ),
        pytest.param(
            [(NORTH, ANN, 2024), (WEST, ANN, 2025), (SOUTH, XAVIER, 2023)],
            {NORTH: KEPT, WEST: KEPT, SOUTH: LOST},
            id="two who agree outweigh one, whatever the years",
        ),
        pytest.param(
            [(NORTH, ANN, 2024), (SOUTH, XAVIER, 2025), (WEST, CLEO, 2026)],
            {NORTH: LOST, SOUTH: LOST, WEST: LOST},
            id="three children",
        ),
        pytest.param(
            # the names come in a file of their own
            [
                (NORTH, ANN, 2024),
                (SOUTH, {**XAVIER, "state_student_id": ""}, 2025),
                (SOUTH, {"state_student_id": "S1"}, 2026),
            ],
            {NORTH: LOST, SOUTH: LOST},
            id="names beside the id",
        ),
        pytest.param(
            [(NORTH, ANN, 2024), (SOUTH, XAVIER, 2025), (SOUTH, {**ANN, "first_name": "Anna"}, 2026)],
            {NORTH: KEPT, SOUTH: KEPT},
            id="an account that agrees",
        ),
        pytest.param(
            [(NORTH, ANN, 2024), (SOUTH, XAVIER, 2025), (WEST, {"state_student_id": "S1"}, 2025)],
            {NORTH: LOST, SOUTH: LOST, WEST: KEPT},
            id="who says nothing agrees with nobody",
        ),
    ],
)
def test_which_partner_keeps_the_state_id_in_any_order_of_arrival(
    tmp_path: Path,
    accounts: list[tuple[tuple[str, str], dict[str, str], int]],
    expected: dict[tuple[str, str], str],
) -> None:
    for place, order in enumerate(itertools.permutations(accounts)):
        if place not in (0, 1, 5):  # both of two; of three, one of each that begins, and the reverse
            continue
        home = Home(tmp_path / str(place))
        for who, account, school_year in order:
            tell(home, who, account, school_year)
            counts = link_persons(home, accept_reissued_numbers=True)
        assert methods(home) == expected
        lost = [who for who, method in expected.items() if method == LOST]
        assert (counts.contradicted_state_ids, counts.by_partner_id) == (len(lost), len(lost))
        found = persons(home)
        assert len({found[who] for who in expected if who not in lost}) == min(1, len(expected) - len(lost))
        assert counts.persons == len(lost) + min(1, len(expected) - len(lost))


@pytest.mark.parametrize(
    "other",
    [
        {"first_name": "Xavier", "last_name": "Mbeki"},  # adopted: another name, the same birthday
        {"birth_date": "2009-11-23"},  # a birthday that was mistyped
        {"first_name": "Oakley", "last_name": "Ann", "birth_date": "2009-11-23"},  # columns were swapped
        {"first_name": "Xavier", "birth_date": "2009-11-23"},
        {"first_name": "Xavier", "last_name": "Mbeki", "birth_date": "2012-04-03"},  # day and month swapped
        {"first_name": "Xavier", "last_name": "Mbeki", "birth_date": "2013-03-04"},  # one of three differs
        {"first_name": "", "birth_date": "2009-11-23"},
        {"first_name": "", "last_name": "", "birth_date": "2009-11-23"},
        {"first_name": "Xavier", "last_name": "Mbeki", "birth_date": ""},
    ],
)
def test_what_may_be_one_child_stays_linked_by_its_state_id(home: Home, other: dict[str, str]) -> None:
    told = {name: said for name, said in {**ANN, **other}.items() if said}
    tell(home, NORTH, ANN, 2024)
    tell(home, SOUTH, told)
    assert link_persons(home).contradicted_state_ids == 0
    assert methods(home) == {NORTH: KEPT, SOUTH: KEPT}


def test_two_of_one_partner_are_told_apart_by_its_roster_and_not_here(home: Home) -> None:
    send(home, "north", child("1", **ANN), child("9", **XAVIER))
    assert link_persons(home).contradicted_state_ids == 0


def test_what_a_partner_merged_loses_the_id_together(home: Home) -> None:
    tell(home, NORTH, ANN, 2024)
    merged = child("20", first_name="Xavier", last_name="Mbeki", replaced_by_student_id="2")
    send(home, "south", child("2", **XAVIER), merged)
    counts = link_persons(home)
    found = persons(home)
    assert (counts.contradicted_state_ids, counts.persons) == (3, 2)
    assert found[SOUTH] == found["south", "20"] != found[NORTH]


def test_ids_of_who_is_linked_rightly_stay_when_who_contradicts_comes_and_goes(home: Home) -> None:
    tell(home, NORTH, ANN, 2024)
    tell(home, WEST, ANN, 2025)
    link_persons(home)
    before = persons(home)
    file = tell(home, SOUTH, XAVIER, 2023)
    link_persons(home)
    during = persons(home)
    assert {who: during[who] for who in before} == before
    assert during[SOUTH] != before[NORTH]
    file.unlink()
    link_persons(home)
    assert persons(home) == before


def test_both_who_lose_it_keep_or_get_ids_of_their_own_and_are_one_again_with_nobody_else(home: Home) -> None:
    tell(home, NORTH, ANN)
    link_persons(home)
    before = persons(home)
    file = tell(home, SOUTH, XAVIER)
    link_persons(home)
    assert persons(home)[NORTH] == before[NORTH] != persons(home)[SOUTH]
    file.unlink()
    link_persons(home)
    assert persons(home) == before
    assert methods(home) == {NORTH: KEPT}


def test_of_two_who_were_one_the_id_stays_with_the_one_who_is_known_longer(home: Home) -> None:
    # 'partner|aaa' comes before 'partner|north', and each has one record
    tell(home, NORTH, ANN, 2024)
    link_persons(home)
    tell(home, ("aaa", "2"), ANN, 2025)
    link_persons(home)
    before = persons(home)
    tell(home, ("aaa", "2"), XAVIER, 2025)
    link_persons(home)
    assert persons(home)[NORTH] == before[NORTH] != persons(home)["aaa", "2"]


def test_no_early_year_gives_a_newcomer_the_person_of_another_child(home: Home) -> None:
    tell(home, NORTH, ANN, 2024)
    tell(home, WEST, {"state_student_id": "S1"}, 2025)
    link_persons(home)
    before = persons(home)
    tell(home, SOUTH, XAVIER, 2001)
    link_persons(home)
    after = persons(home)
    assert after[NORTH] == before[NORTH]
    # whose the nameless record is, is not known any more
    assert len({after[NORTH], after[SOUTH], after[WEST]}) == 3


def test_who_lost_its_state_id_is_linked_by_name_where_its_name_says_who_it_is(home: Home) -> None:
    everybody = [{**one, "state_student_id": f"S{i}"} for i, one in enumerate(cohort("N", 0, 60))]
    send(home, "north", *everybody, school_year=2024)
    others = [dict(one) for one in cohort("M", 0, 60)]
    others[7]["state_student_id"] = "S41"  # a digit is wrong: another child's
    send(home, "south", *others)
    counts = link_persons(home)
    found = persons(home)
    assert counts.contradicted_state_ids == 2
    assert found["south", "M7"] == found["north", "N7"]
    assert found["south", "M7"] != found["north", "N41"]
    assert found["south", "M41"] == found["north", "N41"]
    assert methods(home)["south", "M7"] == "linked"


def test_a_reviewer_joins_whom_a_state_id_does_not(home: Home) -> None:
    tell(home, NORTH, ANN, 2024)
    link_persons(home)
    before = persons(home)[NORTH]
    tell(home, SOUTH, XAVIER)
    link_persons(home)
    assert queue(home) == [{NORTH, SOUTH}]
    say(home, "same", SOUTH, NORTH)
    assert queue(home) == []
    counts = link_persons(home)
    assert counts.contradicted_state_ids == 0
    assert persons(home) == {NORTH: before, SOUTH: before}
    assert methods(home) == {NORTH: "decided", SOUTH: "decided"}
    assert not home.feedback_list("south", "contradicted_state_ids").exists()


def test_whom_a_reviewer_calls_different_is_asked_about_once_and_stays_apart(home: Home) -> None:
    tell(home, NORTH, ANN, 2024)
    tell(home, SOUTH, XAVIER)
    link_persons(home)
    say(home, "different", SOUTH, NORTH)
    link_persons(home)
    assert queue(home) == []
    assert methods(home) == {NORTH: LOST, SOUTH: LOST}


def test_the_queue_shows_what_both_say_of_the_child(home: Home) -> None:
    tell(home, NORTH, ANN, 2024)
    tell(home, SOUTH, XAVIER)
    link_persons(home)
    with open_vault(home, read_only=True) as con:
        (pair,) = review_queue(con)
    assert {pair.one["first_name"], pair.other["first_name"]} == {"Ann", "Xavier"}
    assert str(pair.one["birth_date"]) != str(pair.other["birth_date"])
    assert pair.evidence == {"state_id": "the same, and accounts contradict each other"}


# ---- a share that stops ------------------------------------------------------------------------------------
def with_ids(children: list[dict[str, str]], first: int = 0) -> list[dict[str, str]]:
    return [{**one, "state_student_id": f"S{first + i}"} for i, one in enumerate(children)]


def test_very_many_in_a_delivery_stop_linking_and_change_nothing(home: Home) -> None:
    send(home, "north", *with_ids(cohort("N", 0, 60)), school_year=2024)
    link_persons(home)
    before = home.person_links.read_bytes()
    send(home, "south", *with_ids(cohort("M", 100, 60)))  # others' children by the ids of north's
    with pytest.raises(ContradictedStateIdError) as error:
        link_persons(home)
    said = str(error.value)
    assert "60 of 60 children have state ids by which another partner tells of other children" in said
    assert said.startswith("south.person 2025 annual")
    assert "--accept-contradicted-state-ids" in said
    assert "Mbeki" not in said
    assert home.person_links.read_bytes() == before
    assert not home.feedback_list("south", "contradicted_state_ids").exists()


def test_let_pass_they_are_listed_and_the_next_refresh_does_not_ask_again(home: Home) -> None:
    send(home, "north", *with_ids(cohort("N", 0, 60)), school_year=2024)
    link_persons(home)
    before = persons(home)
    send(home, "south", *with_ids(cohort("M", 100, 60)))
    assert link_persons(home, accept_contradicted_state_ids=True).contradicted_state_ids == 120
    assert home.feedback_list("south", "contradicted_state_ids").read_text().splitlines() == [
        "student_id",
        *sorted(f"M{i}" for i in range(100, 160)),
    ]
    assert home.feedback_list("north", "contradicted_state_ids").read_text().splitlines() == [
        "student_id",
        *sorted(f"N{i}" for i in range(60)),
    ]
    after = persons(home)
    assert {who: after[who] for who in before} == before
    assert not set(before.values()) & {person for (partner, _), person in after.items() if partner == "south"}
    # neither side's next delivery of the same children asks once more
    send(home, "north", *with_ids(cohort("N", 0, 60)), school_year=2026)
    send(home, "south", *with_ids(cohort("M", 100, 60)), school_year=2026)
    assert link_persons(home).contradicted_state_ids == 120


def test_whose_ids_are_told_first_by_another_stop_it_too(home: Home) -> None:
    send(home, "north", *with_ids(cohort("N", 0, 60)))
    link_persons(home)
    send(home, "south", *with_ids(cohort("M", 100, 60)), school_year=2020)
    with pytest.raises(ContradictedStateIdError):
        link_persons(home)


def test_a_few_stop_nothing(home: Home) -> None:
    send(home, "north", *with_ids(cohort("N", 0, 60)), school_year=2024)
    send(home, "south", *with_ids(cohort("M", 100, 4)))
    assert link_persons(home).contradicted_state_ids == 8
    # nor do they count for nothing: with four more there are eight, which nobody let pass
    send(home, "south", *with_ids(cohort("M", 100, 8)), school_year=2026)
    with pytest.raises(ContradictedStateIdError, match="8 of 8"):
        link_persons(home)


@pytest.mark.parametrize(("share", "stops"), [(0.01, True), (0.1, False)])
def test_a_community_says_how_many_stop_it(home: Home, share: float, stops: bool) -> None:
    home.reference.mkdir(parents=True)
    duckdb.sql(
        "select 'lakeside' as community_id, 1.0 as largest_match_rate_drop, 0.002 as largest_reissued_share, "
        f"{share} as largest_contradicted_share, false as unmatched_lists, true as households_by_address"
    ).write_parquet(str(home.reference_file("identity_settings")))
    send(home, "north", *with_ids(cohort("N", 0, 60)), school_year=2024)
    # 6 of 60 are not more than a tenth
    send(home, "south", *with_ids(cohort("M", 0, 54)), *with_ids(cohort("M", 115, 6), first=54))
    if stops:
        with pytest.raises(ContradictedStateIdError, match="6 of 60"):
            link_persons(home)
    else:
        assert link_persons(home).contradicted_state_ids == 12
