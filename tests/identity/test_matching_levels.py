"""Two records made by hand, and the level that each field must come out at."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from identity.matching import default_model, score
from identity.matching.comparisons import FAMILY, NAMESAKE, SWAPPED, TWINS
from ingestion.sql_text import literal

RECORD = """
    create table record (
        record_id ubigint, partner_id varchar, member_id ubigint, group_id ubigint,
        first_name varchar, middle_name varchar, last_name varchar, birth_date date, sex varchar,
        address varchar, zip_code varchar, household varchar, first_year integer, last_year integer
    )
"""
CHILD: dict[str, Any] = {
    "first_name": "Elizabeth", "middle_name": None, "last_name": "Garcia", "birth_date": dt.date(2012, 3, 7),
    "sex": "female", "address": "12 Oak Street", "zip_code": "55101",
}  # fmt: skip


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(RECORD)
        yield con


def add(con: duckdb.DuckDBPyConnection, number: int, partner: str, **fields: Any) -> None:
    """A record of a child, whose member and group are its own unless given."""
    row = {"record_id": number, "partner_id": partner, "member_id": number, "group_id": number} | fields
    values = ", ".join(literal(str(v) if isinstance(v, dt.date) else v) for v in row.values())
    con.execute(f"insert into record ({', '.join(row)}) values ({values})")


def levels_of(con: duckdb.DuckDBPyConnection, field: str, cases: list[tuple[Any, Any]]) -> list[str | None]:
    """The level of a field for each pair of its values, all else being equal; scored at once, as it takes time."""
    assert len(cases) <= 25, "a key of more than 60 children would be dropped"
    for number, (one, other) in enumerate(cases):
        add(con, 2 * number, "school", **(CHILD | {field: one}))
        add(con, 2 * number + 1, "clinic", **(CHILD | {field: other}))
    score(con, default_model(0.01), floor=1e-30)
    rows = con.execute(
        "select record_l // 2, levels from pair where record_l % 2 = 0 and record_r = record_l + 1"
    ).fetchall()
    found = dict(rows)
    assert found.keys() == set(range(len(cases))), "some pairs were not even looked at"
    return [found[number].get(field) for number in range(len(cases))]


def levels(con: duckdb.DuckDBPyConnection, one: dict[str, Any], other: dict[str, Any]) -> dict[str, str]:
    """The levels of a pair of records, with the default weights."""
    add(con, 1, "school", **(CHILD | one))
    add(con, 2, "clinic", **(CHILD | other))
    score(con, default_model(0.01), floor=1e-30)
    rows = con.execute("select levels from pair").fetchall()
    assert len(rows) == 1, "the pair was not even looked at"
    found: dict[str, str] = rows[0][0]
    return found


FIRST_NAMES = [
    ("Elizabeth", "ELIZABETH ", "exact"),
    ("José", "Jose", "exact"),
    ("Mary-Ann", "Mary Ann", "exact"),
    ("O'Shea", "OShea", "exact"),
    ("Søren", "Soren", "exact"),
    ("William Jr.", "William", "exact"),
    ("Elizabeth", "Beth", "nickname"),
    ("Bill", "Will", "nickname"),
    ("Francisco", "Paco", "nickname"),
    ("Guadalupe", "Lupita", "nickname"),
    ("Muhammad", "Mohamed", "nickname"),
    ("Katherine", "Kathryn", "nickname"),
    ("Юлия", "Julia", "nickname"),
    ("Sophea", "Sofea", "transliteration"),
    ("Günther", "Guenther", "transliteration"),
    ("Mary Ann", "Mary", "one of several given names"),
    ("Elizabeth", "Elizabteh", "similar spelling"),
    ("Elizabeth", "E", "initial only"),
    ("Elizabeth", "Oscar", TWINS),  # all else agrees
]


def test_first_name(con: duckdb.DuckDBPyConnection) -> None:
    found = levels_of(con, "first_name", [(one, other) for one, other, _ in FIRST_NAMES])
    assert [(*case[:2], level) for case, level in zip(FIRST_NAMES, found, strict=True)] == FIRST_NAMES


LAST_NAMES = [
    ("Garcia", "GARCÍA", "exact"),
    ("De La Cruz", "Delacruz", "exact"),
    ("Smith Jones", "Smith-Jones", "exact"),
    ("Brown III", "Brown", "exact"),
    ("Garcia", "Garcia-Lopez", "one of several surnames"),
    ("Lopez", "Garcia Lopez", "one of several surnames"),
    ("De la Cruz", "Cruz", "one of several surnames"),
    ("Müller", "Mueller", "transliteration"),
    ("Henderson", "Hendersn", "similar spelling"),
    ("Garcia", "Okafor", "different"),
]


def test_last_name(con: duckdb.DuckDBPyConnection) -> None:
    found = levels_of(con, "last_name", [(one, other) for one, other, _ in LAST_NAMES])
    assert [(*case[:2], level) for case, level in zip(LAST_NAMES, found, strict=True)] == LAST_NAMES


BIRTH_DATES = [
    ((2012, 3, 7), (2012, 3, 7), "exact"),
    ((2012, 1, 1), (2012, 1, 1), "same, but 1 January"),
    ((2012, 3, 7), (2012, 7, 3), "day and month swapped"),
    ((2012, 3, 7), (2013, 3, 7), "year off by one"),
    ((2012, 3, 7), (2012, 3, 17), "one digit differs"),
    ((2012, 3, 7), (2017, 3, 7), "one digit differs"),
    ((2012, 3, 7), (2012, 3, 28), "same year and month"),
    ((2012, 1, 1), (2012, 8, 28), "same year, one on 1 January"),
    ((2012, 3, 7), (2009, 10, 25), "different"),
    ((2012, 3, 7), (1900, 1, 1), None),  # a date that systems fill in is none
]


def test_birth_date(con: duckdb.DuckDBPyConnection) -> None:
    cases = [(dt.date(*one), dt.date(*other)) for one, other, _ in BIRTH_DATES]
    found = levels_of(con, "birth_date", cases)
    assert list(zip(cases, found, strict=True)) == list(
        zip(cases, [level for *_, level in BIRTH_DATES], strict=True)
    )


MIDDLE_NAMES = [
    ("Rose", "rose", "exact"),
    ("Rose", "R.", "initial"),
    ("Rose", "T", "different"),
    ("Rose", None, None),
]
SEXES = [
    ("female", "female", "exact"),
    ("female", "male", "different"),
    ("female", "nonbinary", None),
]
ADDRESSES = [
    ("12 Oak Street", "12 OAK ST.", "same address"),
    ("12 North Oak St Apt 3", "12 N Oak St #3", "same address"),
    ("12 Oak Street", "12 Oak Stret", "similar address"),
    ("12 Oak Street", "740 Birch Ave", "same ZIP code"),
    ("12 Oak Street", "HOMELESS", "same ZIP code"),
]


@pytest.mark.parametrize(
    ("field", "expected"), [("middle_name", MIDDLE_NAMES), ("sex", SEXES), ("address", ADDRESSES)]
)
def test_other_fields(con: duckdb.DuckDBPyConnection, field: str, expected: list[Any]) -> None:
    found = levels_of(con, field, [(one, other) for one, other, _ in expected])
    assert [(*case[:2], level) for case, level in zip(expected, found, strict=True)] == expected


def test_swapped_names_are_counted_once(con: duckdb.DuckDBPyConnection) -> None:
    told = levels(con, {}, {"first_name": "Garcia", "last_name": "Elizabeth"})
    assert (told["first_name"], told["last_name"]) == (SWAPPED, SWAPPED)
    # 13 bits for the names by default, not also those of surnames: 0.008 / 1e-6
    weight = con.execute("select match_weight from pair").fetchall()[0][0]
    rest = math.log2(0.90 / 2e-4) + math.log2(0.98 / 0.5) + math.log2(0.55 / 3e-4)
    assert weight == pytest.approx(math.log2(0.01 / 0.99) + math.log2(0.008 / 1e-6) + rest)


def test_a_middle_name_that_is_used_as_the_first(con: duckdb.DuckDBPyConnection) -> None:
    told = levels(con, {"middle_name": "Imani"}, {"first_name": "Imani"})
    assert told["first_name"] == "middle name used"


def test_placeholders_are_no_names(con: duckdb.DuckDBPyConnection) -> None:
    nobody = ("Baby Boy", "BABY GIRL 2", "Infant", "Newborn Twin A", "Test", "Unknown", "xxx", "-", "FNU")
    assert levels_of(con, "first_name", [(name, name) for name in nobody]) == [None] * len(nobody)


def test_surnames_that_look_like_placeholders_stay(con: duckdb.DuckDBPyConnection) -> None:
    names = ("Child", "Boyd", "Baby", "Testa", "Bing", "Blank", "Sample", "Last")
    assert levels_of(con, "last_name", [(name, name) for name in names]) == ["exact"] * len(names)


def test_given_names_that_are_words_for_children_stay(con: duckdb.DuckDBPyConnection) -> None:
    given = ("Nina", "Niña", "Nino", "Bebe", "Infanta")
    assert levels_of(con, "first_name", [(name, name) for name in given]) == ["exact"] * len(given)


def test_what_a_family_shares_tells_nothing_of_the_child(con: duckdb.DuckDBPyConnection) -> None:
    told = levels(con, {}, {"first_name": "Oscar", "birth_date": dt.date(2015, 10, 30)})
    assert (told["first_name"], told["address"]) == ("different", FAMILY)


def test_a_namesake_at_the_same_place_is_named(con: duckdb.DuckDBPyConnection) -> None:
    assert levels(con, {}, {"birth_date": dt.date(2009, 10, 25)})["address"] == NAMESAKE


@pytest.mark.parametrize(
    "fields",
    [
        {"first_name": "Edgar", "sex": "male"},  # a twin
        {"birth_date": dt.date(2009, 10, 25)},  # a cousin of the same name in the same house
        {"first_name": "Edgar", "sex": "male", "birth_date": dt.date(2015, 10, 30)},  # a brother
    ],
)
def test_twins_cousins_and_brothers_stay_apart(
    con: duckdb.DuckDBPyConnection, fields: dict[str, Any]
) -> None:
    levels(con, {}, fields)
    assert con.execute("select match_probability < 0.01 from pair").fetchall() == [(True,)]


def test_a_partner_without_dates_and_addresses_is_weighed_by_what_it_has(
    con: duckdb.DuckDBPyConnection,
) -> None:
    bare = {"birth_date": None, "address": None, "zip_code": None, "sex": None}
    assert levels(con, {}, bare) == {"first_name": "exact", "last_name": "exact"}
