"""Encoded children and hashed numbers through the whole registry: one person_id with the named child, and it stays."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import duckdb
import pytest
from accounts_of_partners import NAME_PARTS, child, persons, send

from identity.linking import link_persons
from identity.private.comparing import OtherSecret
from identity.private.encoding import Child, Encoder, SecretError
from ingestion.home import Home

SECRET = "made up for these tests alone 1234"
HASH = "sha256:" + "9f" * 32


@pytest.fixture(autouse=True)
def linkage_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILEPOST_LINKAGE_KEY", SECRET)


@pytest.fixture(scope="module")
def children() -> list[Child]:
    rng = random.Random(4)
    return [
        Child(
            "".join(rng.choices(NAME_PARTS, k=3)), None, "".join(rng.choices(NAME_PARTS, k=3)),
            dt.date(2010 + i % 3, 1, 1) + dt.timedelta(rng.randrange(365)), rng.choice("FM"), str(23200 + i % 9),
        )
        for i in range(120)
    ]  # fmt: skip


def named(number: str, one: Child) -> dict[str, str]:
    return child(
        number, first_name=one.first_name or "", last_name=one.last_name or "", birth_date=str(one.birth_date),
        gender=one.sex or "", zip_code=one.zip_code or "",
    )  # fmt: skip


def encoded(number: str, one: Child, by: Encoder) -> dict[str, str]:
    assert one.birth_date
    return child(
        number, clk=by.encode(one) or "", clk_version=by.version, birth_year=str(one.birth_date.year)
    )


@pytest.fixture
def home(tmp_path: Path, children: list[Child]) -> Home:
    home = Home(tmp_path)
    send(home, "north", *(named(f"n{i}", one) for i, one in enumerate(children)))
    return home


def linked(home: Home, partner: str = "clinic") -> set[str]:
    """Numbers of the partner's children that are one person with the district's child of the same number."""
    found = persons(home)
    return {
        number for (who, number), person in found.items()
        if who == partner and found.get(("north", f"n{number[1:]}")) == person
    }  # fmt: skip


def test_an_encoded_child_is_the_named_one_and_stays_so(home: Home, children: list[Child]) -> None:
    encoder = Encoder(SECRET)
    send(home, "clinic", *(encoded(f"c{i}", one, encoder) for i, one in enumerate(children[:40])))
    link_persons(home)
    before = persons(home)
    assert len(linked(home)) >= 38
    assert len(set(before.values())) == len(children) + 40 - len(linked(home))  # nobody is two children
    # a later file: those of before, and ten more that are compared with the model of before
    send(
        home,
        "clinic",
        *(encoded(f"c{i}", one, encoder) for i, one in enumerate(children[:50])),
        school_year=2026,
    )
    link_persons(home)
    after = persons(home)
    assert {key: after[key] for key in before} == before
    assert {f"c{i}" for i in range(40, 50)} <= linked(home)


def test_what_others_see_of_a_link_is_its_dice_alone(home: Home, children: list[Child]) -> None:
    encoder = Encoder(SECRET)
    send(home, "clinic", *(encoded(f"c{i}", one, encoder) for i, one in enumerate(children[:40])))
    link_persons(home)
    rows = duckdb.sql(f"from '{home.identity}/links.parquet'").fetchall()
    assert rows
    assert "dice 1.00" in str(rows)
    written = (
        b"".join(path.read_bytes() for path in home.identity.rglob("*") if path.is_file())
        + str(rows).encode()
    )
    for one in children[:40]:
        for value in (one.last_name, encoder.encode(one)):
            assert str(value).encode() not in written


def test_without_the_secret_or_with_another_linking_stops_and_the_links_stand(
    home: Home, children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    link_persons(home)
    before = home.person_links.read_bytes()
    send(home, "clinic", *(encoded(f"c{i}", one, Encoder(SECRET)) for i, one in enumerate(children[:40])))
    monkeypatch.delenv("MILEPOST_LINKAGE_KEY")
    monkeypatch.delenv("MILEPOST_LINKAGE_KEY_FILE", raising=False)
    with pytest.raises(SecretError, match="MILEPOST_LINKAGE_KEY"):
        link_persons(home)
    monkeypatch.setenv("MILEPOST_LINKAGE_KEY", "another one than the partner has")
    with pytest.raises(OtherSecret, match="clinic"):
        link_persons(home)
    assert home.person_links.read_bytes() == before
    monkeypatch.setenv("MILEPOST_LINKAGE_KEY", SECRET)
    link_persons(home)
    assert len(linked(home)) >= 38


def test_the_hash_of_a_placeholder_links_nobody_where_no_birth_date_is_told(home: Home) -> None:
    """Three of a partner: 9 pairs that would all weigh 0.97; of two it may be a child that came again."""
    for partner in ("shelter", "coc"):
        send(home, partner, *(child(f"{partner}{n}", hashed_national_id=HASH) for n in range(3)))
    link_persons(home)
    assert len({*(persons(home)[who] for who in persons(home) if who[0] in ("shelter", "coc"))}) == 6
    assert not duckdb.sql(
        f"select 1 from '{home.identity}/links.parquet' where evidence::varchar like '%hash%'"
    ).fetchall()


def test_two_exports_with_the_same_hashed_number_tell_of_one_child(home: Home) -> None:
    send(home, "shelter", child("s1", birth_date="2012-03-04", hashed_national_id=HASH))
    send(
        home,
        "coc",
        child("k1", birth_date="2012-03-04", hashed_national_id=HASH),
        child("k2", birth_date="2012-03-04"),
    )
    link_persons(home)
    found = persons(home)
    assert found[("shelter", "s1")] == found[("coc", "k1")] != found[("coc", "k2")]
