"""Rows of listed children are found by number and by state id, in tables of every kind that tells of children."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.entities import load_entities
from ingestion.withheld import FOUND, STATE_ID, STUDENT, Entry, Rows, Withheld, read_entries, rewrite_entries

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
