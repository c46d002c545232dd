"""Clusters from pairs made by hand: who may be joined, who not, and that the order of rows decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from identity.matching import cluster, clustering
from identity.matching.clustering import EndlessLinking


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


def write(
    con: duckdb.DuckDBPyConnection, records: list[tuple[int, str, int]], pairs: list[tuple[int, int, float]]
) -> None:
    """record from (record, partner, group), each its own member; pair from (record, record, weight in bits)."""
    con.execute(
        "create or replace table record (record_id ubigint, partner_id varchar, member_id ubigint, group_id ubigint)"
    )
    con.execute(
        "create or replace table pair (record_l ubigint, record_r ubigint, match_weight double, match_probability double)"
    )
    for record, partner, group in records:
        con.execute(f"insert into record values ({record}, '{partner}', {record}, {group})")
    for left, right, weight in pairs:
        con.execute(f"insert into pair values ({left}, {right}, {weight}, {2**weight / (1 + 2**weight)})")


def clusters(con: duckdb.DuckDBPyConnection) -> set[frozenset[int]]:
    rows = con.execute("select list(group_id), cluster_id from cluster group by cluster_id").fetchall()
    assert all(min(groups) == number for groups, number in rows)
    return {frozenset(groups) for groups, _ in rows if len(groups) > 1}


def test_a_chain_over_three_partners_is_one_child(con: duckdb.DuckDBPyConnection) -> None:
    write(con, [(1, "a", 1), (2, "b", 2), (3, "c", 3), (4, "d", 4)], [(1, 2, 9), (2, 3, 7), (3, 4, 5)])
    assert cluster(con, 0.9) == 3
    assert clusters(con) == {frozenset({1, 2, 3, 4})}


def test_links_that_are_not_done_within_the_rounds_are_an_error_and_no_half_of_them(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the best link of each but the last is a link that is not its other end's best: one a round, and one to see
    records = [(1, "a", 1), (2, "b", 2), (3, "c", 3), (4, "d", 4)]
    write(con, records, [(1, 2, 5), (2, 3, 7), (3, 4, 9)])
    monkeypatch.setattr(clustering, "MOST_ROUNDS", 3)
    with pytest.raises(EndlessLinking, match="Linking children is not done after 3 rounds"):
        cluster(con, 0.9)
    monkeypatch.setattr(clustering, "MOST_ROUNDS", 4)
    assert cluster(con, 0.9) == 3
    assert clusters(con) == {frozenset({1, 2, 3, 4})}


def test_a_link_below_the_threshold_is_not_made(con: duckdb.DuckDBPyConnection) -> None:
    write(con, [(1, "a", 1), (2, "b", 2)], [(1, 2, 3)])  # 8 / 9
    assert cluster(con, 0.9) == 0
    assert cluster(con, 0.88) == 1


def test_twins_of_one_roster_never_meet_through_another_partner(con: duckdb.DuckDBPyConnection) -> None:
    # 1 and 2 are twins at a; 3 is the first of them at b; c knows 4, which looks like both
    records = [(1, "a", 1), (2, "a", 2), (3, "b", 3), (4, "c", 4)]
    write(con, records, [(1, 3, 12), (2, 3, 6), (3, 4, 8), (2, 4, 10)])
    cluster(con, 0.5)
    assert clusters(con) == {frozenset({1, 3}), frozenset({2, 4})}


def test_the_best_link_wins_and_the_other_child_takes_what_is_left(con: duckdb.DuckDBPyConnection) -> None:
    records = [(1, "a", 1), (2, "a", 2), (3, "b", 3), (4, "b", 4)]
    write(con, records, [(1, 3, 12), (1, 4, 10), (2, 3, 11), (2, 4, 6)])
    cluster(con, 0.5, margin=0)
    assert clusters(con) == {frozenset({1, 3}), frozenset({2, 4})}


def test_nobody_can_tell_which_of_two_namesakes_is_meant(con: duckdb.DuckDBPyConnection) -> None:
    write(con, [(1, "a", 1), (2, "a", 2), (3, "b", 3)], [(1, 3, 9.0), (2, 3, 8.5)])
    assert cluster(con, 0.5, margin=1.0) == 0
    assert cluster(con, 0.5, margin=0.4) == 1


def test_a_better_link_can_tell_which_namesake_is_meant(con: duckdb.DuckDBPyConnection) -> None:
    # 3 may be 1 or 2, but 1 is surely 5, the same partner's: so 3 is not 1
    records = [(1, "a", 1), (2, "a", 2), (3, "b", 3), (5, "b", 5)]
    write(con, records, [(1, 3, 9.0), (2, 3, 8.5), (1, 5, 14.0)])
    cluster(con, 0.5, margin=1.0)
    assert clusters(con) == {frozenset({1, 5}), frozenset({2, 3})}


def test_two_state_ids_are_two_children(con: duckdb.DuckDBPyConnection) -> None:
    write(con, [(1, "a", 1), (2, "b", 2), (3, "c", 3)], [(1, 2, 9), (2, 3, 8)])
    con.execute("alter table record add column state_id varchar")
    con.execute("update record set state_id = case record_id when 1 then '1' when 3 then '3' end")
    cluster(con, 0.5)
    assert clusters(con) == {frozenset({1, 2})}


def test_who_was_decided_to_be_apart_stays_apart(con: duckdb.DuckDBPyConnection) -> None:
    write(con, [(1, "a", 1), (2, "b", 2), (3, "c", 3)], [(1, 2, 9), (2, 3, 8)])
    con.execute("create table no as select 3::ubigint as group_l, 1::ubigint as group_r")
    cluster(con, 0.5, apart="no")
    assert clusters(con) == {frozenset({1, 2})}


@pytest.mark.parametrize("link_of_dates", [False, True])
def test_two_birth_dates_are_not_joined_through_a_child_without_one(
    con: duckdb.DuckDBPyConnection, link_of_dates: bool
) -> None:
    links = [(1, 2, 9.0), (2, 3, 8.0), *([(1, 3, 7.0)] if link_of_dates else [])]
    write(con, [(1, "a", 1), (2, "b", 2), (3, "c", 3)], links)
    con.execute("alter table record add column birth_date date")
    con.execute(
        "update record set birth_date = case record_id when 1 then '2012-03-07' when 3 then '2009-10-25' end"
    )
    cluster(con, 0.5)
    assert clusters(con) == {frozenset({1, 2, 3} if link_of_dates else {1, 2})}


def test_a_group_counts_with_all_its_members(con: duckdb.DuckDBPyConnection) -> None:
    # group 1 is a child at a and b for sure; so 3, another child at b, is not it, whatever a's record looks like
    write(con, [(1, "a", 1), (2, "b", 1), (3, "b", 3), (4, "c", 4)], [(1, 3, 12), (3, 4, 6)])
    cluster(con, 0.5)
    assert clusters(con) == {frozenset({3, 4})}


def test_ties_are_decided_by_ids_not_by_the_order_of_rows(con: duckdb.DuckDBPyConnection) -> None:
    records = [(number, partner, number) for number, partner in enumerate("abcabcabc", start=1)]
    pairs = [(left, right, 5.0) for left, _, _ in records for right, _, _ in records
             if left < right and records[left - 1][1] != records[right - 1][1]]  # fmt: skip
    write(con, records, pairs)
    cluster(con, 0.5, margin=0)
    found = clusters(con)
    write(con, records[::-1], pairs[::-1])
    cluster(con, 0.5, margin=0)
    assert clusters(con) == found
    assert all(len({number % 3 for number in child}) == len(child) for child in found)
