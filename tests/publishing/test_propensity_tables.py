"""Comparisons by propensity from tables: each program beside the children in none, looked up once a result."""

from __future__ import annotations

from typing import Any

import duckdb

from publishing.propensity_tables import write_comparisons

# child, programs with dosage, whether in none, whether successful in one and the other result
CHILDREN: list[tuple[str, dict[str, str], bool, bool, bool | None]] = [
    ("a", {"club": "low"}, False, True, True),
    ("b", {"club": "high", "camp": "low"}, False, True, False),
    ("c", {"camp": "high"}, False, False, None),
    ("d", {}, True, True, True),
    ("e", {}, True, False, False),
    ("f", {}, True, False, True),
    ("g", {"tutors": "low"}, False, True, True),  # of a program that is compared otherwise
    ("h", {}, False, True, True),  # nobody knows whether in one
]


class Watched:
    """A connection that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._con = duckdb.connect()

    def execute(self, sql: str, *values: Any) -> Any:
        self.asked.append(sql)
        return self._con.execute(sql, *values)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._con.execute(sql).fetchall()


def compared() -> Watched:
    con = Watched()
    con.execute(
        "create table part (community_id text, person_id text, school_year int, program_id text, dosage text)"
    )
    con.execute(
        "create table told (community_id text, person_id text, school_year int, indicator_id text,"
        " definition_version text, grade text, share_absent_before double, is_in_no_program bool, is_success bool)"
    )
    for child, programs, is_in_none, *results in CHILDREN:
        for program, dosage in programs.items():
            con.execute("insert into part values ('c', ?, 2025, ?, ?)", [child, program, dosage])
        for indicator, is_success in zip(("marks", "suspension"), results, strict=True):
            if is_success is not None:
                row = [child, indicator, is_in_none, is_success]
                con.execute("insert into told values ('c', ?, 2025, ?, 'v', '03', null, ?, ?)", row)
    con.execute("create table matching (community_id text, program_id text, method text)")
    con.execute(
        "insert into matching values ('c', 'club', 'propensity'), ('c', 'camp', 'propensity'), ('c', 'tutors', 'exact')"
    )
    con.asked.clear()
    write_comparisons(con, "from part", "from told", "from matching")  # type: ignore[arg-type]
    return con


def test_each_program_has_its_own_participants_and_the_children_in_none() -> None:
    # all are alike, so participants are beside d, e and f in their order: marks of d and e are one of two; c has no
    # second result, so camp has b alone there, beside d
    found = compared().rows(
        "select indicator_id, program_id, n_participants, n_matched, n_matched_successful, participant_rate,"
        " comparison_rate from compared where dosage = 'all' order by all"
    )
    assert found == [
        ("marks", "camp", 2, 2, 1, 0.5, 0.5),
        ("marks", "club", 2, 2, 2, 1.0, 0.5),
        ("suspension", "camp", 1, 1, 0, 0.0, 1.0),
        ("suspension", "club", 2, 2, 1, 0.5, 0.5),
    ]


def test_a_dosage_is_of_its_own_program() -> None:
    found = compared().rows(
        "select program_id, dosage, n_participants from compared where indicator_id = 'marks' order by all"
    )
    assert found == [
        *(("camp", "all", 2), ("camp", "high", 1), ("camp", "low", 1)),
        *(("club", "all", 2), ("club", "high", 1), ("club", "low", 1)),
    ]


def test_the_children_of_a_result_are_looked_up_once_for_all_programs() -> None:
    asked = [sql for sql in compared().asked if "to_be_compared" in sql and "$indicator_id" in sql]
    assert len(asked) == 2  # results
