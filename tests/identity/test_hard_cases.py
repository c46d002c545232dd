"""What partners send that gives linking nothing to go by, or the wrong thing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import duckdb
import pytest
from accounts_of_partners import child, cohort, persons, send

from identity.linking import link_persons
from identity.match_rates import MatchRateError
from ingestion.home import Home


def both(home: Home, numbers: range, other: str = "clinic") -> list[int]:
    found = persons(home)
    return [i for i in numbers if found["north", f"N{i}"] == found[other, f"C{i}"]]


def without(children: list[dict[str, str]], *columns: str) -> list[dict[str, str]]:
    return [{name: said for name, said in one.items() if name not in columns} for one in children]


def test_children_without_birth_dates_are_linked_only_where_the_name_is_enough(tmp_path: Path) -> None:
    home = Home(tmp_path)
    send(home, "north", *cohort("N", 0, 60))
    # two of them have one name, and nothing else tells them apart
    twin = {**cohort("N", 3, 1)[0], "student_id": "N-again", "birth_date": "2001-01-05"}
    send(home, "south", twin, *cohort("S", 500, 55))
    send(home, "clinic", *without(cohort("C", 0, 60), "birth_date"))
    link_persons(home)
    found = persons(home)
    assert len(set(found.values())) >= 60 + 55
    assert found["clinic", "C3"] not in (found["north", "N3"], found["south", "N-again"])


def test_ten_thousand_records_of_one_name_are_not_one_child_and_cost_no_square(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for partner, first, last in (("hospital", "Baby", "Boy"), ("clinic", "BABY BOY", "")):
        path = send(home, partner, child("1"))
        path.unlink()
        duckdb.sql(
            f"copy (select 'lakeside' as community_id, '{partner}' as partner_id, range::varchar as student_id, "
            f"'{first}' as first_name, '{last}' as last_name, date '2024-05-01' as birth_date, "
            f"2025 as school_year, 'annual' as collection from range(5000)) to '{path}' (format parquet)"
        )
    started = time.perf_counter()
    counts = link_persons(home)
    # a square of them would be 25 million pairs, and minutes
    assert time.perf_counter() - started < 60
    assert counts.persons == counts.students == 10_000


def test_names_behind_one_sign_link_nobody(tmp_path: Path) -> None:
    home = Home(tmp_path)
    send(home, "north", *cohort("N", 0, 60))
    hidden = [{**one, "first_name": "REDACTED", "last_name": "XXXXX"} for one in cohort("C", 0, 60)]
    send(home, "clinic", *hidden)
    assert link_persons(home).linked == 0


def test_a_delivery_that_nobody_knows_stops_linking_and_can_be_let_pass(tmp_path: Path) -> None:
    home = Home(tmp_path)
    send(home, "north", *cohort("N", 0, 80))
    send(home, "clinic", *cohort("C", 0, 60), school_year=2024)
    link_persons(home)
    before = persons(home)
    assert both(home, range(60)) == list(range(60))
    file = send(home, "clinic", *cohort("D", 1000, 60), school_year=2025)
    with pytest.raises(MatchRateError, match="0% of the children are linked") as refused:
        link_persons(home)
    assert "clinic.person 2025 annual" in str(refused.value)
    assert persons(home) == before
    with pytest.raises(MatchRateError):
        link_persons(home)
    link_persons(home, accept_match_rates=True)
    assert persons(home).items() > before.items()
    rates = duckdb.sql(
        f"select school_year, n_children, n_matched, has_held from '{home.identity}/match_rates.parquet' "
        "where extract_id = 'clinic.person' order by all"
    ).fetchall()
    assert rates == [(2024, 60, 60, True), (2025, 60, 0, False)]
    # read again, as tables of a standard are when another of them is new: what was let pass is not judged twice
    os.utime(file, (1, 1))
    link_persons(home)
    assert persons(home).items() > before.items()


def test_an_interim_load_is_linked_by_the_model_that_is_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    send(home, "north", *cohort("N", 0, 60))
    send(home, "clinic", *cohort("C", 0, 30))
    link_persons(home)
    model = duckdb.sql(f"select distinct model_version from '{home.identity}/links.parquet'").fetchall()
    before = persons(home)
    send(home, "clinic", *cohort("C", 30, 20), collection="winter")
    link_persons(home)
    assert both(home, range(50)) == list(range(50))
    assert (
        persons(home).items() > before.items() - {k: v for k, v in before.items() if k[0] == "clinic"}.items()
    )
    assert (
        duckdb.sql(f"select distinct model_version from '{home.identity}/links.parquet'").fetchall() == model
    )


def test_communities_do_not_share_names(tmp_path: Path) -> None:
    home = Home(tmp_path)
    send(home, "north", *cohort("N", 0, 60))
    path = send(home, "clinic", *cohort("C", 0, 60))
    other = path.with_name("other.parquet")
    duckdb.sql(
        f"copy (select * replace ('elsewhere' as community_id) from '{path}') to '{other}' (format parquet)"
    )
    path.unlink()
    assert link_persons(home).linked == 0


def test_an_id_that_one_community_gives_to_many_still_links_in_another(tmp_path: Path) -> None:
    home = Home(tmp_path)
    send(home, "north", child("1", state_student_id="1000012345"))
    send(home, "south", child("2", state_student_id="1000012345"))
    path = send(home, "far", *(child(f"f{n}", state_student_id="1000012345") for n in range(3)))
    other = path.with_name("other.parquet")
    duckdb.sql(
        f"copy (select * replace ('elsewhere' as community_id) from '{path}') to '{other}' (format parquet)"
    )
    path.unlink()
    link_persons(home)
    found = persons(home)
    assert found["north", "1"] == found["south", "2"]
    assert len({*found.values()}) == 4


def test_one_state_id_in_two_communities_is_two_children(tmp_path: Path) -> None:
    home = Home(tmp_path)
    send(home, "north", child("1", state_student_id="1000012345"))
    path = send(home, "south", child("2", state_student_id="1000012345"))
    link_persons(home)
    assert len(set(persons(home).values())) == 1
    other = path.with_name("other.parquet")
    duckdb.sql(
        f"copy (select * replace ('elsewhere' as community_id) from '{path}') to '{other}' (format parquet)"
    )
    path.unlink()
    link_persons(home)
    assert len(set(persons(home).values())) == 2
