"""Pairs of encoded children: who is found and who is not, by which probability, under whose secret."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from accounts_of_partners import NAME_PARTS

from identity.private import comparing
from identity.private.comparing import Compared, OtherSecret, score_encoded
from identity.private.encoding import Child, Encoder
from identity.private.hashed_ids import score_hashed_ids

SECRET = "made up for these tests alone 1234"
OTHER = "made up for these tests too 567890"
COLUMNS = {
    "record_id": "ubigint", "partner_id": "varchar", "member_id": "ubigint", "group_id": "ubigint",
    "first_name": "varchar", "middle_name": "varchar", "last_name": "varchar", "birth_date": "date", "sex": "varchar",
    "zip_code": "varchar", "clk": "varchar", "clk_version": "varchar", "birth_year": "integer",
    "hashed_national_id": "varchar",
}  # fmt: skip
Row = dict[str, Any]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(SECRET)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(
            "create table pair (record_l ubigint, record_r ubigint, match_weight double, match_probability double,"
            " levels map(varchar, varchar))"
        )
        yield con


def records(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    told = pa.table({name: [row.get(name) for row in rows] for name in COLUMNS})
    typed = ", ".join(f"{name}::{kind} as {name}" for name, kind in COLUMNS.items())
    con.register("told", told)
    con.execute(f"create or replace temp table record as select {typed} from told")
    con.unregister("told")


def named(number: int, child: Child, partner: str = "north", group: int | None = None) -> Row:
    return {
        "record_id": number, "partner_id": partner, "member_id": number, "group_id": group or number,
        "first_name": child.first_name, "middle_name": child.middle_name, "last_name": child.last_name,
        "birth_date": child.birth_date, "sex": child.sex, "zip_code": child.zip_code,
    }  # fmt: skip


def sent(
    number: int,
    child: Child,
    by: Encoder,
    partner: str = "clinic",
    *,
    year: bool = True,
    group: int | None = None,
) -> Row:
    return {
        "record_id": number, "partner_id": partner, "member_id": number, "group_id": group or number,
        "clk": by.encode(child), "clk_version": by.version,
        "birth_year": child.birth_date.year if year and child.birth_date else None,
    }  # fmt: skip


def found(con: duckdb.DuckDBPyConnection, least: float = 0.0) -> set[tuple[int, int]]:
    return set(
        con.execute("select record_l, record_r from pair where match_probability >= ?", [least]).fetchall()
    )


def some_child(rng: random.Random, year: int) -> Child:
    first, middle, last = ("".join(rng.choices(NAME_PARTS, k=rng.choice([2, 2, 3]))) for _ in range(3))
    born = dt.date(year, 1, 1) + dt.timedelta(rng.randrange(365))
    return Child(first, middle, last, born, rng.choice(["female", "male"]), str(rng.randrange(23200, 23220)))


def told_again(rng: random.Random, child: Child) -> Child:
    """As another partner has the child: one in five has a letter wrong, one in twelve another last name, and so on."""
    first, last = child.first_name or "", child.last_name or ""
    if rng.random() < 0.1:
        place = rng.randrange(len(first))
        first = first[:place] + rng.choice("aeinrst") + first[place + 1 :]
    if rng.random() < 0.1:
        place = rng.randrange(len(last))
        last = last[:place] + last[place + 1 :]
    if rng.random() < 0.08:
        last = "".join(rng.choices(NAME_PARTS, k=3))
    middle = child.middle_name if rng.random() < 0.5 else None
    zip_code = child.zip_code if rng.random() < 0.7 else str(rng.randrange(23200, 23220))
    return Child(first, middle, last, child.birth_date, child.sex, zip_code)


ANA = Child("Ana", "Luz", "Pena", dt.date(2012, 3, 14), "female", "23220")
BEN = Child("Benjamin", None, "Okafor", dt.date(2012, 8, 1), "male", "23221")


def test_a_pair_says_its_dice_and_nothing_of_the_child(
    con: duckdb.DuckDBPyConnection, encoder: Encoder
) -> None:
    records(con, [named(1, ANA), named(2, BEN), sent(3, ANA, encoder)])
    assert score_encoded(con, SECRET) == Compared(pairs=1, encoded=1)
    (pair,) = con.execute("select * from pair").fetchall()
    assert pair[:2] == (1, 3)
    assert pair[4] == {"encoding": "dice 1.00"}
    # 22 bits for a Dice coefficient of one; one of two children among fifty, the fewest that a cohort counts
    assert pair[2] == pytest.approx(22 - 6.6439, abs=0.001)
    assert pair[3] == pytest.approx(1 / (1 + 2**-15.3561), abs=1e-9)


def test_dice_is_that_of_the_bits_counted_one_by_one(
    con: duckdb.DuckDBPyConnection, encoder: Encoder
) -> None:
    other = Child("Anna", None, "Penna", ANA.birth_date, "female", "23299")
    records(con, [named(1, ANA), sent(3, other, encoder)])
    score_encoded(con, SECRET)
    one, two = (f"{int(encoder.encode(child) or '0', 16):01024b}" for child in (ANA, other))
    both = sum(a == b == "1" for a, b in zip(one, two, strict=True))
    expected = 2 * both / (one.count("1") + two.count("1"))
    levels = con.execute("select levels from pair").fetchall()[0][0]
    assert levels == {"encoding": f"dice {expected:.2f}"}


def test_no_pair_within_a_partner_a_child_or_a_group(
    con: duckdb.DuckDBPyConnection, encoder: Encoder
) -> None:
    alike = [
        named(1, ANA, group=7),
        sent(2, ANA, encoder, group=7),
        sent(3, ANA, encoder),
        sent(4, ANA, encoder, "court"),
    ]
    records(con, [*alike, named(5, ANA, partner="clinic")])
    score_encoded(con, SECRET)
    # 2, 3 and 5 are the clinic's, 1 and 2 are one already; named ones are matched by names elsewhere
    assert found(con) == {(1, 3), (1, 4), (2, 4), (3, 4), (4, 5)}


def test_pairs_of_names_stay_and_kept_encodings_of_this_secret_are_used(
    con: duckdb.DuckDBPyConnection, encoder: Encoder
) -> None:
    records(con, [named(1, ANA), named(2, BEN), sent(3, ANA, encoder), sent(4, BEN, encoder)])
    con.execute("insert into pair values (1, 2, -3.0, 0.1, map(['last_name'], ['different']))")
    con.execute("create table memo (record_id ubigint, zip_code varchar, version varchar, clk varchar)")
    # that of another child, so that it shows; of another secret, and of another ZIP code
    anas = encoder.encode(ANA)
    con.execute(
        "insert into memo select 2, zip_code, ?, ? from record where record_id = 2 "
        "union all select 1, zip_code, 'clk1-00000000', 'ff' from record where record_id = 1 "
        "union all select 1, '99999', ?, 'ff'",
        [encoder.version, anas, encoder.version],
    )
    con.execute("create temp view kept_clk as from memo")
    assert score_encoded(con, SECRET).pairs == 2
    assert found(con) == {(1, 2), (1, 3), (2, 3)}
    told = con.execute("select record_id, version from named_clk order by all").fetchall()
    assert told == [(1, encoder.version), (2, encoder.version)]


def test_nothing_is_done_where_nobody_encodes(con: duckdb.DuckDBPyConnection) -> None:
    records(con, [named(1, ANA)])
    assert score_encoded(con, "not even looked at") == Compared()
    con.execute("create or replace temp table record as select * exclude (clk) from record")
    assert score_encoded(con, "not even looked at") == Compared()


def test_another_secret_is_told_and_nothing_is_appended(
    con: duckdb.DuckDBPyConnection, encoder: Encoder
) -> None:
    records(con, [named(1, ANA), sent(3, ANA, Encoder(OTHER))])
    with pytest.raises(OtherSecret) as refused:
        score_encoded(con, SECRET)
    assert "clinic (clk1-" in str(refused.value)
    assert f"({encoder.version})" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert found(con) == set()


def test_of_several_partners_those_with_our_secret_are_compared(
    con: duckdb.DuckDBPyConnection, encoder: Encoder
) -> None:
    old = {**sent(5, ANA, encoder, "court"), "clk_version": "clk0-00000000"}
    records(con, [named(1, ANA), sent(3, ANA, encoder), sent(4, ANA, Encoder(OTHER), "housing"), old])
    told = score_encoded(con, SECRET)
    assert found(con) == {(1, 3)}
    assert (told.pairs, told.encoded) == (1, 1)
    assert [warning.split(" (")[0] for warning in told.warnings()] == [
        "court: 1 encoding made by another method",
        "housing: 1 encoding made with another secret",
    ]


@pytest.fixture(scope="module")
def town(encoder: Encoder) -> tuple[list[Row], set[tuple[int, int]]]:
    """Two birth years of 500 children at a district, 400 of them and 100 others at a clinic, and who is who."""
    rng = random.Random(20)
    children = [some_child(rng, 2012 + i % 2) for i in range(1000)]
    rows = [named(i, child) for i, child in enumerate(children)]
    rows += [sent(2000 + i, told_again(rng, child), encoder) for i, child in enumerate(children[:400])]
    rows += [sent(3000 + i, some_child(rng, 2012), encoder) for i in range(100)]
    return rows, {(i, 2000 + i) for i in range(400)}


@pytest.mark.parametrize("how", ["by year", "by year and bands", "by bands alone"])
def test_children_told_twice_with_errors_are_found(
    con: duckdb.DuckDBPyConnection,
    town: tuple[list[Row], set[tuple[int, int]]],
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, truth = town
    if how == "by year and bands":
        monkeypatch.setattr(comparing, "MOST_COMPARISONS", 0)
    if how == "by bands alone":
        rows = [{**row, "birth_year": None} for row in rows]
    records(con, rows)
    score_encoded(con, SECRET)
    sure = found(con, 0.9)
    assert len(sure & truth) / len(sure) >= 0.99
    assert len(sure & truth) / len(truth) >= 0.85
    assert len(found(con, 0.3) & truth) / len(truth) >= 0.93


def test_probabilities_are_about_what_they_say(
    con: duckdb.DuckDBPyConnection, town: tuple[list[Row], set[tuple[int, int]]]
) -> None:
    rows, truth = town
    records(con, rows)
    score_encoded(con, SECRET)
    told = con.execute("select record_l, record_r, match_probability from pair").fetchall()
    assert sum(p for *_, p in told) == pytest.approx(
        sum((one, other) in truth for one, other, _ in told), rel=0.1
    )
    unsure = [((one, other) in truth, p) for one, other, p in told if 0.05 < p < 0.95]
    assert abs(sum(p for _, p in unsure) - sum(is_true for is_true, _ in unsure)) < max(12, 0.4 * len(unsure))


def test_nothing_is_left_behind_but_what_is_kept_in_the_vault(
    con: duckdb.DuckDBPyConnection, encoder: Encoder
) -> None:
    records(con, [named(1, ANA), sent(3, ANA, encoder)])
    score_encoded(con, SECRET)
    tables = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
    assert tables == {"record", "pair", "named_clk"}


# ---- national ids that partners hashed -------------------------------------------------------------------
HASH = "sha256:" + "9f" * 32


def with_hash(number: int, partner: str, born: str | None, hashed: str | None = HASH) -> Row:
    born_on = dt.date.fromisoformat(born) if born else None
    return {"record_id": number, "partner_id": partner, "member_id": number, "group_id": number,
            "birth_date": born_on, "hashed_national_id": hashed}  # fmt: skip


def test_the_same_hash_at_two_partners_is_one_child_unless_birth_dates_differ(
    con: duckdb.DuckDBPyConnection,
) -> None:
    told = [with_hash(1, "a", "2012-03-04"), with_hash(2, "b", "2012-03-04"), with_hash(3, "c", "2012-04-03")]
    told += [with_hash(4, "d", None), with_hash(5, "e", "1990-07-09"), with_hash(6, "f", "2012-03-04", None)]
    records(con, told)
    assert score_hashed_ids(con) == 7
    said = {
        (one, other): v["national_id"].removeprefix("same hash, ")
        for one, other, v in con.execute("select record_l, record_r, levels from pair").fetchall()
    }
    near, none = "birth dates nearly the same", "no birth date to compare"
    assert said == {
        (1, 2): "same birth date",
        (1, 3): near,
        (2, 3): near,
        (1, 4): none,
        (2, 4): none,
        (3, 4): none,
        (4, 5): none,
    }
    assert found(con, 0.9) == {(1, 2), (1, 4), (2, 4), (3, 4), (4, 5)}


def test_a_number_that_many_share_links_nobody(con: duckdb.DuckDBPyConnection) -> None:
    records(
        con,
        [with_hash(1, "a", "2012-03-04"), with_hash(2, "a", "2014-05-06"), with_hash(3, "b", "2012-03-04")],
    )
    assert score_hashed_ids(con) == 0


def test_a_pair_that_is_there_keeps_its_evidence_and_the_greater_weight(
    con: duckdb.DuckDBPyConnection,
) -> None:
    records(con, [with_hash(1, "a", "2012-03-04"), with_hash(2, "b", "2012-03-04")])
    con.execute("insert into pair values (1, 2, 1.0, 0.66, map(['birth_date'], ['exact']))")
    assert score_hashed_ids(con) == 1
    ((*_, weight, probability, levels),) = con.execute("select * from pair").fetchall()
    assert (weight, levels) == (15.0, {"birth_date": "exact", "national_id": "same hash, same birth date"})
    assert probability == pytest.approx(1 / (1 + 2**-15))
