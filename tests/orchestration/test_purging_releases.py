"""A purge in a home that has a release: the next one is made without the child, and nothing tells of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from three_partners import NUMBERS, PLANTED, milepost, put_in_force, same_child, set_up, traces

from ingestion.home import Home
from ingestion.lake.ledger import Ledger
from ingestion.warehouse_file import open_warehouse

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("orchestration")]

CLASSMATES = 40


@pytest.fixture
def released(home: Home, tmp_path: Path) -> tuple[Home, str]:
    """r0001 of a school year of 43 children, and the person_id of one of them."""
    set_up(home, tmp_path / "communities")
    numbers = [f"N-66000{i:02d}" for i in range(CLASSMATES)]
    with (home.inbox / "north_people_2025.csv").open("a") as file:
        file.writelines(
            f"{number},Mate{i},Class{i},2014-05-{1 + i % 28:02d},,{i} Fir Street\n"
            for i, number in enumerate(numbers)
        )
    attendance = home.inbox / "north_attendance_2025.csv"
    rows = attendance.read_text().replace(",Oak,999,4", ",Oak,180,40")
    attendance.write_text(rows + "".join(f"{number},Oak,180,{40 - i}\n" for i, number in enumerate(numbers)))
    put_in_force(home)
    person = same_child(home)
    done = milepost("refresh")
    assert done.exit_code == 0, done.output
    return home, person


def rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.current_database), read_only=True) as con:
        return con.execute(sql).fetchall()


def children_counted(home: Home) -> list[tuple[Any, ...]]:
    return rows(
        home,
        "select distinct release_id, denominator from published.indicator_values"
        " where indicator_id = 'chronic_absence' and school_year = 2025 and disaggregate = 'all'"
        " and geography_level = 'community'",
    )


def last_receipt(home: Home, kind: str) -> dict[str, Any]:
    found = [json.loads(file.read_text()) for file in home.receipts.glob("*.json")]
    (receipt,) = [one for one in found if one["kind"] == kind]
    assert isinstance(receipt, dict)
    return receipt


def test_what_is_purged_is_in_no_later_release_and_nowhere_else(released: tuple[Home, str]) -> None:
    home, person = released
    assert children_counted(home) == [("r0001", CLASSMATES + 3)]
    assert "warehouse.duckdb" in traces(home, (person,))
    assert (home.released_folder("r0001") / "cells.parquet").exists()

    done = milepost("purge", "--person", person, "--yes")
    assert done.exit_code == 0, done.output
    assert traces(home) == {}
    assert set(traces(home, (person,))) == {"vault.retired"}, "so that nobody is called so again"
    receipt = last_receipt(home, "person")
    assert (receipt["is_proven"], receipt["release"]) == (True, "r0002")
    # one less, shown anew, would tell what became of whoever was purged: the marts count it, the release holds
    with open_warehouse(home) as con:
        marts = con.execute(
            "select distinct denominator from marts.indicator_cells where indicator_id = 'chronic_absence'"
            " and school_year = 2025 and disaggregate = 'all' and geography_level = 'community'"
        ).fetchall()
    assert marts == [(CLASSMATES + 2,)]
    assert children_counted(home) == [("r0002", CLASSMATES + 3)]
    held = "select distinct held_since from published.indicator_values where suppression <> 'not_received'"
    assert rows(home, held) == [("r0001",)]
    assert rows(home, "select count(*) from published.restatements where change = 'changed'") == [(0,)]
    # counts that nobody may see are left of the release without the child alone
    assert [file.parent.name for file in home.released.glob("*/cells.parquet")] == ["r0002"]
    with duckdb.connect() as con:
        last = home.reference_file("last_release_cells")
        assert con.execute(f"select count(*) from read_parquet('{last}')").fetchone() == (0,)
    lines = [json.loads(line) for line in home.access_log.read_text().splitlines()]
    assert [line["command"] for line in lines] == ["release", "purge", "release"]
    assert (lines[1]["kind"], lines[1]["receipt"]) == ("person", receipt["purge_id"])

    of_clinic = ("C-1234567", "Otherclinic")
    assert traces(home, of_clinic)
    done = milepost("purge", "--agreement", "clinic_2020", "--yes", "--why", "it ended")
    assert done.exit_code == 0, done.output
    assert traces(home, (*of_clinic, *PLANTED)) == {}
    receipt = last_receipt(home, "agreement")
    assert receipt["is_proven"] is True
    assert receipt["release"] == home.current_release.resolve().name
    assert {s.delivery.partner: s.status for s in Ledger(home.ledger).state()}["clinic"] == "purged"
    with open_warehouse(home) as con:
        con.execute(f"set file_search_path = '{home.root}'")
        partners = con.execute("select distinct partner_id from staging.stg_person").fetchall()
    assert sorted(partners) == [(partner,) for partner in sorted({*NUMBERS} - {"clinic"})]
