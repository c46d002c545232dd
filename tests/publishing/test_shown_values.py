"""The record of what releases showed: what is in it, and what a kill or a second run does to it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.home import Home
from publishing.shown_values import COLUMNS, KEYS, ensure_shown_values, record_shown_values

KEY = dict.fromkeys(KEYS, "x") | {"school_year": 2025}


def current(home: Home, release_id: str, **values: Any) -> None:
    """A release with one value is current."""
    row = {
        **KEY,
        "data_maturity": "final",
        "denominator": 60,
        "rounded_to": None,
        "numerator": 30,
        "value": 0.5,
        "value_low": 0.4,
        "value_high": 0.6,
        "value_kind": "rate",
        "suppression": "",
    } | values
    folder = home.release_folder(release_id)
    folder.mkdir(parents=True)
    columns = ", ".join(f"${name}::{kind} as {name}" for name, kind in _kinds(row).items())
    with duckdb.connect() as con:
        target = folder / "indicator_values.parquet"
        con.execute(f"copy (select {columns}) to '{target}' (format parquet)", row)
    home.current_release.unlink(missing_ok=True)
    home.current_release.symlink_to(release_id)


def _kinds(row: dict[str, Any]) -> dict[str, str]:
    return {name: COLUMNS.get(name, "VARCHAR") for name in row}


def record(home: Home) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        return con.execute(
            "select denominator, numerator, value_low, value_high, suppression, first_release_id, last_release_id "
            f"from '{home.shown_values}' order by first_release_id, denominator"
        ).fetchall()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def test_before_the_first_release_the_record_is_empty(home: Home) -> None:
    ensure_shown_values(home)
    assert not record_shown_values(home)
    assert record(home) == []


def test_each_run_of_releases_with_one_content_of_a_cell_is_a_row(home: Home) -> None:
    for release_id, n in (("r0001", 60), ("r0002", 60), ("r0003", 75), ("r0004", 60)):
        current(home, release_id, denominator=n)
        assert record_shown_values(home)
    assert record(home) == [
        (60, 30, None, None, "", "r0001", "r0002"),
        (75, 30, None, None, "", "r0003", "r0003"),
        (60, 30, None, None, "", "r0004", "r0004"),
    ]


def test_recording_again_changes_nothing(home: Home) -> None:
    current(home, "r0001")
    assert record_shown_values(home)
    before = home.shown_values.read_bytes()
    assert not record_shown_values(home)
    assert home.shown_values.read_bytes() == before


def test_a_band_and_a_hidden_number_are_recorded_as_they_were_shown(home: Home) -> None:
    current(
        home,
        "r0001",
        numerator=None,
        value=None,
        value_kind="band",
        value_low=0.0,
        value_high=0.07,
        suppression="coded_low",
    )
    record_shown_values(home)
    current(
        home,
        "r0002",
        denominator=None,
        numerator=None,
        value=None,
        value_kind=None,
        value_low=None,
        value_high=None,
        suppression="suppressed",
    )
    record_shown_values(home)
    assert record(home) == [
        (60, None, 0.0, 0.07, "coded_low", "r0001", "r0001"),
        (None, None, None, None, "suppressed", "r0002", "r0002"),
    ]


def test_a_release_that_is_pruned_stays_in_the_record(home: Home) -> None:
    current(home, "r0001", denominator=61)
    record_shown_values(home)
    current(home, "r0002")
    record_shown_values(home)
    shutil.rmtree(home.release_folder("r0001"))
    assert [row[0] for row in record(home)] == [61, 60]


def test_a_record_of_another_version_gets_the_columns_of_this_one(home: Home) -> None:
    current(home, "r0001")
    record_shown_values(home)
    with duckdb.connect() as con:
        con.execute(
            "create table older as select * exclude (rounded_to, value_kind, value_low, value_high, s) "
            "replace (if(s, null, numerator) as numerator, if(s, null, value) as value, "
            "if(s, 'coded_low', '') as suppression, if(s, 'all', 'some') as subgroup), "
            "if(s, 0.0, null)::double as band_low, if(s, 0.07, null)::double as band_high "
            f"from '{home.shown_values}', (values (true), (false)) as banded (s)"
        )
        con.execute(f"copy older to '{home.shown_values}' (format parquet)")
    ensure_shown_values(home)
    with duckdb.connect() as con:
        assert con.execute(
            "select subgroup, denominator, rounded_to, numerator, value, value_low, value_high, value_kind, "
            f"suppression from '{home.shown_values}' order by all"
        ).fetchall() == [
            ("all", 60, None, None, None, 0.0, 0.07, "band", "coded_low"),
            ("some", 60, None, 30, 0.5, None, None, "rate", ""),
        ]
