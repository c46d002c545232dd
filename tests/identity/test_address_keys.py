"""Addresses as keys: what is one home, what is none, and what a key tells to whom has not the secret."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import duckdb
import pytest

from identity.addresses import written_addresses
from identity.linking import link_persons
from ingestion.home import Home
from tests.warehouse_to_write import write_warehouse

Told = tuple[str, str, str, str | None, str | None]  # partner, student, last name, address, ZIP code


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def deliver(home: Home, *rows: Told, name: str = "a") -> None:
    path = home.raw / "person" / name / "file.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute(
            "create table told (partner_id varchar, student_id varchar, last_name varchar, address varchar, zip_code varchar)"
        )
        con.executemany("insert into told values (?, ?, ?, ?, ?)", [list(row) for row in rows])
        con.execute(
            "copy (select 'c' as community_id, 2025 as school_year, 'annual' as collection, * from told)"
            f" to '{path}' (format parquet)"
        )


def write_address_keys(home: Home, *, has_views: bool = False) -> int:
    """Link, and count the homes that are told of."""
    link_persons(home, has_views=has_views)
    (row,) = duckdb.sql(f"select count(distinct address_key) from '{home.address_keys}'").fetchall()
    return int(row[0])


def keys(home: Home, column: str = "address_key") -> dict[str, object]:
    """By student."""
    rows = duckdb.sql(f"select student_id, {column} from read_parquet('{home.address_keys}')").fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return dict(rows)


def written(*addresses: str) -> list[tuple[str | None, str]]:
    with duckdb.connect() as con:
        con.execute("create table told (n integer, address varchar)")
        con.executemany("insert into told values (?, ?)", [[n, text] for n, text in enumerate(addresses)])
        return con.execute(
            f"select place, unit from told inner join ({written_addresses('told')}) using (address) order by n"
        ).fetchall()


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        (["12 Elm Street", "12 ELM ST.", " 12  elm st "], ("12 elm st", "")),
        (["12 N. Elm St", "12 North Elm Street"], ("12 n elm st", "")),
        (["12 Elm St Apt 4B", "12 Elm Street, #4-B", "12 Elm St Apt. # 4b", "12 Elm St APT4B", "12 Elm St 4B"], ("12 elm st", "4b")),
        (["9 Fifth Ave NE Unit 2", "9 5th Avenue NE 2"], ("9 5th ave ne", "2")),
        (["7 O'Neal Ct", "7 ONeal Court"], ("7 oneal ct", "")),
        (["4410 County Road 12", "4410 county rd 12"], ("4410 county rd 12", "")),
        (["12 Trailer Rd", "12 trailer road"], ("12 trailer rd", "")),
        (["RR 2 Box 15", "rr 2, box 15"], ("rr 2 box 15", "")),
        (["Peña 5 Calle", "PENA 5 CALLE"], ("pena 5 calle", "")),
    ],
)  # fmt: skip
def test_spellings_of_one_home_are_one(spellings: list[str], expected: tuple[str, str]) -> None:
    assert written(*spellings) == [expected] * len(spellings)


def test_what_names_no_place_to_live_is_none() -> None:
    texts = (
        "unknown",
        "N/A",
        "General Delivery",
        "0000",
        "#4",
        "P.O. Box 12",
        "PO BOX 12",
        "Post Office Box 7",
        "Box 12",
        "POB 9",
    )
    assert [place for place, _ in written(*texts)] == [None] * len(texts)


def test_a_home_is_place_unit_and_zip_code(home: Home) -> None:
    deliver(
        home,
        ("north", "a", "Ito", "12 Elm Street", "55101"),
        ("north", "b", "Ito", "12 elm st.", "55101-1234"),
        ("north", "other_unit", "Ito", "12 Elm St Apt 2", "55101"),
        ("north", "other_town", "Ito", "12 Elm St", "55999"),
        ("north", "lost_zero", "Ito", "3 Oak Rd", "2139"),
        ("north", "with_zero", "Ito", "3 Oak Rd", "02139"),
        ("north", "nowhere", "Ito", "homeless", "55101"),
        ("north", "untold", "Ito", None, "55101"),
    )
    assert write_address_keys(home) == 4
    found = keys(home)
    assert found["a"] == found["b"]
    assert len({found[who] for who in ("a", "other_unit", "other_town", "lost_zero")}) == 4
    assert found["lost_zero"] == found["with_zero"]
    assert set(found) == {"a", "b", "other_unit", "other_town", "lost_zero", "with_zero"}
    assert {who for who, has_unit in keys(home, "has_unit").items() if has_unit} == {"other_unit"}


def test_without_a_zip_code_it_is_the_only_one_of_the_place_or_the_partners(home: Home) -> None:
    deliver(
        home,
        ("north", "only", "Ito", "12 Elm St", "55101"),
        ("south", "only_untold", "Ito", "12 Elm St", None),
        ("north", "one_of_two", "Ito", "5 Oak St", "55101"),
        ("north", "two_of_two", "Ito", "5 Oak St", "55102"),
        ("north", "which", "Ito", "5 Oak St", "n/a"),
        ("north", "which_too", "Ito", "5 Oak St", None),
        ("south", "which_there", "Ito", "5 Oak St", None),
    )
    write_address_keys(home)
    found = keys(home)
    assert found["only"] == found["only_untold"]
    assert found["which"] == found["which_too"]
    assert len({found[who] for who in ("one_of_two", "two_of_two", "which", "which_there")}) == 4


def test_a_key_is_the_hmac_of_the_home_under_a_key_of_its_own(home: Home) -> None:
    deliver(home, ("north", "a", "Núñez-Ito", "12 Elm Street #3", "55101"))
    write_address_keys(home)
    secret = hmac.new(b"a key for tests", b"milepost: addresses of households", hashlib.sha256).digest()

    def expected(text: str) -> str:
        number = int(hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:15], 16)
        digits = "0123456789abcdefghijklmnopqrstuv"
        return "".join(digits[number >> shift & 31] for shift in range(55, -1, -5))

    address_key = expected("55101|12 elm st|3")
    assert keys(home) == {"a": address_key}
    assert keys(home, "surname_key") == {"a": expected(f"{address_key}|nunezito")}


def test_another_secret_gives_other_keys_and_the_same_gives_the_same_bytes(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(home, ("north", "a", "Ito", "12 Elm St", "55101"), ("north", "b", "Ek", "12 Elm St", "55101"))
    write_address_keys(home)
    first, bytes_of_first = keys(home), home.address_keys.read_bytes()
    write_address_keys(home)
    assert home.address_keys.read_bytes() == bytes_of_first
    monkeypatch.setenv("MILEPOST_PERSON_KEY", "another")
    write_address_keys(home)
    assert not set(first.values()) & set(keys(home).values())


def test_surnames_are_compared_within_a_home_alone(home: Home) -> None:
    deliver(
        home,
        ("north", "a", "García", "12 Elm St", "55101"),
        ("south", "b", "GARCIA", "12 Elm St", "55101"),
        ("north", "c", "Ito", "12 Elm St", "55101"),
        ("north", "d", "García", "13 Elm St", "55101"),
        ("north", "e", " ", "13 Elm St", "55101"),
    )
    write_address_keys(home)
    found = keys(home, "surname_key")
    assert found["a"] == found["b"]
    assert len({found[who] for who in "acd"}) == 3
    assert found["e"] is None


def test_no_address_and_no_name_is_written(home: Home) -> None:
    deliver(home, ("north", "a", "Zebrowski", "4711 Quagga Street", "55101"))
    write_address_keys(home)
    columns = [row[0] for row in duckdb.sql(f"describe from read_parquet('{home.address_keys}')").fetchall()]
    assert columns == [
        "community_id", "partner_id", "student_id", "school_year", "collection", "address_key", "surname_key", "has_unit",
    ]  # fmt: skip
    for path in home.root.rglob("*"):
        if path.is_file() and home.raw not in path.parents:
            assert b"quagga" not in path.read_bytes().lower()
            assert b"zebrowski" not in path.read_bytes().lower()


def test_nothing_delivered_gives_an_empty_table_with_its_columns(home: Home) -> None:
    assert write_address_keys(home) == 0
    described = duckdb.sql(f"describe from read_parquet('{home.address_keys}')").fetchall()
    assert {row[0]: row[1] for row in described}["school_year"] == "INTEGER"


def test_files_of_before_a_column_was_there_are_read(home: Home) -> None:
    deliver(home, ("north", "a", "Ito", "12 Elm St", "55101"))
    path = home.raw / "person" / "older" / "file.parquet"
    path.parent.mkdir(parents=True)
    duckdb.sql(
        f"copy (select 'north' as partner_id, 'z' as student_id, 2020 as school_year) to '{path}' (format parquet)"
    )
    assert write_address_keys(home) == 1


def test_children_of_standards_are_told_of_by_their_view(home: Home) -> None:
    deliver(home, ("north", "a", "Ito", "12 Elm St", "55101"))
    table = home.raw / "edfi_student" / "south" / "2025-annual.parquet"
    table.parent.mkdir(parents=True)
    duckdb.sql(f"copy (select 1 as one) to '{table}' (format parquet)")
    with write_warehouse(home) as con:
        con.execute("create schema staging")
        con.execute("""
            create view staging.standards__person as
            select 'south' as partner_id, 's' as student_id, 'c' as community_id, 'south.person' as extract_id, 2025 as school_year, 'annual' as collection,
                'Ito' as last_name, '12 Elm Street' as address, '55101' as zip_code, 'x' as _load_id,
                null as gender, null as first_name, null as middle_name, null as birth_date, null as state_student_id,
                null as replaced_by_student_id
        """)
        con.execute(
            "create view staging.standards__student as select partner_id, student_id from staging.standards__person"
        )
    write_address_keys(home)
    assert set(keys(home)) == {"a"}
    write_address_keys(home, has_views=True)
    found = keys(home)
    assert found["a"] == found["s"]


def test_where_agreements_do_not_let_addresses_tell_of_households_there_is_no_key(home: Home) -> None:
    deliver(home, ("north", "1", "Gomez", "12 Oak St", "46201"))
    assert write_address_keys(home) == 1
    home.reference.mkdir(exist_ok=True)
    for wanted, n_homes in (("false", 0), ("true", 1)):
        duckdb.sql(
            "select 'c' as community_id, 0.2 as largest_match_rate_drop, 0.002 as largest_reissued_share, 0.002 as largest_contradicted_share, "
            f"false as unmatched_lists, {wanted} as households_by_address"
        ).write_parquet(str(home.reference_file("identity_settings")))
        assert write_address_keys(home) == n_homes
