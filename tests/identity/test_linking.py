"""Linking by shared state ids: who becomes one person, what survives reloads, what is kept secret."""

import hashlib
import stat
from pathlib import Path

import duckdb
import pytest

from identity.linking import link_persons
from ingestion.home import Home

Row = tuple[str, str, str | None, int, str]  # partner, student, state id, school year, collection


def deliver(home: Home, name: str, rows: list[Row]) -> None:
    path = home.raw / "person" / name / "file.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    values = ", ".join("(" + ", ".join("NULL" if v is None else repr(v) for v in row) + ")" for row in rows)
    duckdb.sql(
        f"copy (select * from (values {values})"
        f" t(partner_id, student_id, state_student_id, school_year, collection)) to '{path}' (format parquet)"
    )


def links(home: Home) -> dict[tuple[str, str], tuple[str, str]]:
    rows = duckdb.sql(f"select * from read_parquet('{home.person_links}')").fetchall()
    return {(partner, student): (person, method) for partner, student, person, method in rows}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_one_state_id_at_two_partners_is_one_person(home: Home) -> None:
    deliver(home, "a", [("north", "1", "S7", 2024, "annual"), ("south", "900", "S7", 2025, "annual")])
    counts = link_persons(home)
    found = links(home)
    assert found[("north", "1")] == found[("south", "900")]
    assert (counts.students, counts.persons, counts.by_state_id, counts.by_partner_id) == (2, 1, 2, 0)


def test_without_a_state_id_the_same_number_at_two_partners_is_two_persons(home: Home) -> None:
    deliver(home, "a", [("north", "1", None, 2024, "annual"), ("south", "1", " ", 2024, "annual")])
    assert link_persons(home).persons == 2
    assert {method for _, method in links(home).values()} == {"partner_id"}


def test_a_state_id_known_in_any_delivery_serves_every_entity(home: Home) -> None:
    deliver(home, "late", [("north", "1", "S7", 2025, "annual")])
    path = home.raw / "attendance" / "north" / "2020-annual.parquet"
    path.parent.mkdir(parents=True)
    duckdb.sql(f"copy (select 'north' partner_id, '1' student_id) to '{path}' (format parquet)")
    assert link_persons(home).students == 1
    assert links(home)[("north", "1")][1] == "state_id"


def test_conflicting_state_ids_take_the_latest_year_then_the_annual_collection_and_are_counted(
    home: Home,
) -> None:
    deliver(home, "a", [("north", "1", "OLD1", 2024, "annual"), ("north", "1", "FALL1", 2025, "fall")])
    deliver(home, "b", [("north", "1", "NEW1", 2025, "annual"), ("south", "5", "NEW1", 2025, "annual")])
    assert link_persons(home).conflicting_state_ids == 1
    assert links(home)[("north", "1")] == links(home)[("south", "5")]


def test_an_id_that_is_none_links_nobody(home: Home) -> None:
    rows: list[Row] = [("north", str(n), "S9", 2025, "annual") for n in range(3)]  # three share it
    rows += [("north", "a", "S7", 2025, "annual"), ("north", "b", "S7", 2025, "annual")]  # enrolled again
    rows += [("north", "c", "0000000000", 2025, "annual"), ("north", "d", " N/A ", 2025, "annual")]
    rows += [("south", "x", "S9", 2025, "annual"), ("south", "y", "0000000000", 2024, "annual")]
    # a real id of another year stands, whichever is later
    rows += [("south", "z", "S8", 2023, "annual"), ("south", "z", "999", 2025, "annual")]
    rows += [("north", "z", "S8", 2025, "annual")]
    deliver(home, "a", rows)
    counts = link_persons(home)
    found = links(home)
    assert len({found["north", n][0] for n in "012"} | {found["south", "x"][0]}) == 4
    assert found["north", "a"] == found["north", "b"]
    assert found["north", "c"][0] != found["south", "y"][0]
    assert found["north", "z"] == found["south", "z"]
    refused = {key for key, (_, method) in found.items() if method == "state_id_refused"}
    assert refused == {*(("north", n) for n in "012cd"), ("south", "x"), ("south", "y")}
    assert (counts.refused_state_ids, counts.conflicting_state_ids) == (7, 0)


def test_links_do_not_depend_on_the_order_of_deliveries(
    tmp_path: Path,
) -> None:
    first: list[Row] = [("north", "1", "S1", 2025, "annual"), ("north", "2", None, 2025, "annual")]
    second: list[Row] = [("north", "1", "S2", 2025, "annual"), ("south", "2", "S1", 2025, "annual")]
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    deliver(one, "a", first)
    deliver(one, "b", second)
    deliver(other, "a", second)
    deliver(other, "b", first)
    link_persons(one)
    link_persons(other)
    assert one.person_links.read_bytes() == other.person_links.read_bytes()


def test_nothing_delivered_gives_an_empty_table_with_its_columns(home: Home) -> None:
    assert link_persons(home).students == 0
    columns = duckdb.sql(f"describe select * from read_parquet('{home.person_links}')").fetchall()
    assert [column[0] for column in columns] == ["partner_id", "student_id", "person_id", "method"]
    assert {column[1] for column in columns} == {"VARCHAR"}


def test_the_person_id_is_the_keyed_hash_the_readers_were_told_of(home: Home) -> None:
    deliver(home, "a", [("north", "1", "S7", 2024, "annual"), ("north", "2", None, 2024, "annual")])
    link_persons(home)

    def expected(text: str) -> str:
        number = int(hashlib.sha256(f"a key for tests|{text}".encode()).hexdigest()[:15], 16)
        digits = "0123456789abcdefghijklmnopqrstuv"
        return "".join(digits[number >> shift & 31] for shift in range(55, -1, -5))

    assert links(home)[("north", "1")][0] == expected("state||S7")  # files of no community
    assert links(home)[("north", "2")][0] == expected("partner|north|2")


def test_a_key_is_made_once_and_readable_by_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MILEPOST_PERSON_KEY", raising=False)
    home = Home(tmp_path)
    deliver(home, "a", [("north", "1", "S7", 2024, "annual")])
    link_persons(home)
    before = links(home)
    assert stat.S_IMODE(home.person_id_key.stat().st_mode) == 0o600
    link_persons(home)
    assert links(home) == before
    # ids once given stay, whatever new ones are derived with
    monkeypatch.setenv("MILEPOST_PERSON_KEY", "another")
    deliver(home, "b", [("north", "2", "S8", 2024, "annual")])
    link_persons(home)
    assert links(home).items() > before.items()
    other = Home(tmp_path / "other")
    deliver(other, "a", [("north", "1", "S7", 2024, "annual")])
    link_persons(other)
    assert links(other).keys() == before.keys()
    assert links(other) != before


def test_a_record_that_was_merged_is_the_child_that_is_left(home: Home) -> None:
    # 1 into 2 into 3, which has the state's number of 1; 4 was merged by mistake and is 4 again
    path = home.raw / "person" / "clinic" / "file.parquet"
    path.parent.mkdir(parents=True)
    duckdb.sql(f"""
        copy (
            select 'clinic' as partner_id, 'clinic.person.fhir' as extract_id, 'annual' as collection, *
            from (values
                ('1', 'S7', 2024, '2'), ('2', null, 2024, '3'), ('3', null, 2025, null),
                ('4', null, 2024, '3'), ('4', null, 2025, null), ('7', null, 2024, '7')
            ) as told (student_id, state_student_id, school_year, replaced_by_student_id)
        ) to '{path}' (format parquet)""")
    deliver(home, "older", [("north", "1", "S7", 2020, "annual"), ("north", "2", None, 2020, "annual")])
    assert link_persons(home).persons == 4
    found = {who: person for who, (person, _) in links(home).items()}
    merged = {found["clinic", "1"], found["clinic", "2"], found["clinic", "3"], found["north", "1"]}
    assert len(merged) == 1
    others = {found["clinic", "4"], found["clinic", "7"], found["north", "2"]}
    assert len(others) == 3
    assert not merged & others


def test_records_merged_in_a_circle_are_linked_all_the_same(home: Home) -> None:
    path = home.raw / "person" / "clinic" / "file.parquet"
    path.parent.mkdir(parents=True)
    duckdb.sql(f"""
        copy (
            select 'clinic' as partner_id, 'annual' as collection, 2024 as school_year, null::varchar as state_student_id, *
            from (values ('5', '6'), ('6', '5')) as told (student_id, replaced_by_student_id)
        ) to '{path}' (format parquet)""")
    assert link_persons(home).students == 2
