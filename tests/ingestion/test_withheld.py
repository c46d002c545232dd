"""Rows of listed children are found by number and by state id, in tables of every kind that tells of children."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.entities import load_entities
from ingestion.withheld import (
    FOUND,
    NOBODYS,
    STATE_ID,
    STUDENT,
    Entry,
    Rows,
    SharedStateId,
    Withheld,
    read_entries,
    rewrite_entries,
)

SECRET = b"0" * 32
ROWS = Rows("told", "c", "north", "id", "state")
# tables of standards whose rows are not of a child; of the canonical ones those without student_id
OF_NO_CHILD = {
    "edfi_assessment", "edfi_calendar_date", "edfi_course", "edfi_local_education_agency", "edfi_school",
    "hmis_export", "hmis_organization", "hmis_project", "hmis_project_coc",
    "oneroster_academic_session", "oneroster_class", "oneroster_course", "oneroster_org",
    "area_measure", "organization", "program", "school", "service", "service_at_site", "site", "staff_assignment",
}  # fmt: skip
NUMBERED = {
    "edfi": {"student_unique_id"},
    "hmis": {"personal_id"},
    "oneroster": {"sourced_id", "user_sourced_id"},
    "nsc": {"student_id"},
    "canonical": {"student_id"},
}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create table told (id varchar, state varchar)")
    con.execute("insert into told values ('1', 'S1'), ('2', ' S2 '), ('3', null), ('4', 'S1'), (null, 'S9')")
    return con


def listed(file: Path | None, *numbers: tuple[str, str, str]) -> Withheld:
    withheld = Withheld(file, SECRET)
    withheld.add(Entry(withheld.hash_of(*parts), "opt_out", "x", "c", "now") for parts in numbers)
    return withheld


def found(con: duckdb.DuckDBPyConnection, withheld: Withheld, rows: Rows = ROWS) -> set[str]:
    kinds = withheld.find(con, rows)
    assert {one for (one,) in con.execute(f"from {FOUND}").fetchall()} == {*kinds}
    return {*kinds}


def test_every_table_that_tells_of_children_says_by_which_number() -> None:
    for name, entity in load_entities().items():
        if name in OF_NO_CHILD or entity.standard == "hsds":
            assert entity.child_column is None, name
        else:
            assert entity.child_column in NUMBERED[entity.standard], name


def test_numbers_are_those_of_one_partner_and_state_ids_of_one_community(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert found(con, listed(None)) == set()
    assert found(con, listed(None, (STUDENT, "north", "3"))) == {"3"}
    assert found(con, listed(None, (STUDENT, "south", "3"))) == set()
    assert found(con, listed(None, (STATE_ID, "c", "S2"))) == {"2"}
    assert found(con, listed(None, (STATE_ID, "d", "S2"))) == set()


def test_what_a_child_is_found_by_leads_to_its_other_numbers(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "list.jsonl"
    withheld = listed(file, (STUDENT, "north", "1"))
    assert found(con, withheld) == {"1"}
    assert found(con, withheld) == {"1", "4"}, "by the state id that 1 has"
    without_state_ids = Rows("told", "c", "north", "id")
    assert found(con, Withheld(file, SECRET), without_state_ids) == {"1", "4"}, "also in the next process"


PLACEHOLDER = "0000000000"


@pytest.mark.parametrize("state_id", [PLACEHOLDER, "123456789"])
def test_a_state_id_of_many_takes_nobody_along(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, state_id: str
) -> None:
    """Of 100 children 40 have a filler, as 30 of another partner have; one of the 40 is listed."""
    con.execute("create or replace table told as select i::varchar as id, if(i < 40, $1, 'S' || i) as state "
                "from range(100) t(i)", [state_id])  # fmt: skip
    con.execute("create table south as select 't' || i as id, $1 as state from range(30) t(i)", [state_id])
    withheld = listed(tmp_path / "list.jsonl", (STUDENT, "north", "7"))
    for _ in range(2):
        assert found(con, withheld) == {"7"}
        assert found(con, withheld, Rows("south", "c", "south", "id", "state")) == set()
    assert len(read_entries(tmp_path / "list.jsonl")) == 1


def test_nobody_is_found_by_a_placeholder_that_was_put_on_the_list(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into told values ('5', $1), ('6', $1), ('7', $1)", [PLACEHOLDER])
    assert found(con, listed(None, (STATE_ID, "c", PLACEHOLDER))) == set()
    con.execute("delete from told where id > '5'")
    assert found(con, listed(None, (STATE_ID, "c", PLACEHOLDER))) == set(), "of one child alone too"


def test_a_listed_id_of_three_children_stops_with_their_number_and_adds_nothing(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    con.execute("insert into told values ('8', 'S1')")
    file = tmp_path / "list.jsonl"
    # 3 has no state id: what would be added for 2 is not either
    withheld = listed(file, (STATE_ID, "c", "S1"), (STUDENT, "north", "2"))
    before = file.read_text()
    with pytest.raises(SharedStateId, match="3 children of north carry") as stopped:
        found(con, withheld)
    assert file.read_text() == before
    assert "S1" not in str(stopped.value)
    assert "opt-outs add --partner north" in stopped.value.next_step
    # one of the three is known by its own number: the others are not the child that is meant
    assert found(con, listed(None, (STATE_ID, "c", "S1"), (STUDENT, "north", "8"))) == {"8"}
    shared = withheld.hash_of(STATE_ID, "c", "S1")
    assert f"--shared {shared}" in stopped.value.next_step
    withheld.add([Entry(shared, NOBODYS, "", "", "later")])
    assert found(con, withheld) == {"2"}
    assert found(con, Withheld(file, SECRET)) == {"2"}, "also in the next process"


def test_a_child_with_another_number_each_year_is_found_in_all_of_them(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("create table years as select * from (values "
                "('a', 'S7', 2021), ('b', 'S7', 2022), ('d', 'S7', 2023), ('e', 'S8', 2023)) t(id, state, year)")  # fmt: skip
    rows = Rows("years", "c", "north", "id", "state", "year")
    withheld = listed(None, (STUDENT, "north", "b"))
    assert found(con, withheld, rows) == {"b"}
    assert found(con, withheld, rows) == {"a", "b", "d"}
    assert found(con, listed(None, *((STUDENT, "north", id) for id in "abd")), rows) == {"a", "b", "d"}


def test_an_id_of_many_numbers_of_listed_children_alone_leads_on(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into told values ('8', 'S1')")  # a partner that gave one child three numbers
    withheld = listed(None, *((STUDENT, "north", number) for number in ("1", "4", "8")))
    assert found(con, withheld) == {"1", "4", "8"}
    assert withheld.entry(STATE_ID, "c", "S1") is not None


def test_a_line_torn_by_a_kill_is_cut_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    listed(file, (STUDENT, "north", "1"))
    whole = file.read_text()
    file.write_text(whole + whole[:20])
    assert len(read_entries(file)) == 1
    listed(file, (STUDENT, "north", "2"))
    assert len(read_entries(file)) == 2
    rewrite_entries(file, read_entries(file)[:1])
    assert file.read_text() == whole


def test_a_purge_of_one_who_opted_out_is_written_down_too(tmp_path: Path) -> None:
    withheld = listed(tmp_path / "list.jsonl", (STUDENT, "north", "1"))
    entry = withheld.entry(STUDENT, "north", "1")
    assert entry is not None
    assert withheld.add([Entry(entry.hash, "purged", "x", "c", "later")]) == 1
    assert withheld.add([Entry(entry.hash, "opt_out", "x", "c", "later")]) == 0
    assert [one.kind for one in read_entries(tmp_path / "list.jsonl")] == ["purged"]
