"""A community's choices of how numbers are shown: percentages alone, or rounded denominators and ranges."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from tests.publishing.conftest import SmallWarehouse

DERIVED = ("indicator_gaps", "indicator_trends", "gap_drivers", "pathway_funnel")


@pytest.fixture
def here(warehouse: SmallWarehouse, tmp_path: Path) -> SmallWarehouse:
    home = Home(tmp_path / "home")
    shutil.copytree(warehouse.home.root, home.root, symlinks=True)
    copy = SmallWarehouse.__new__(SmallWarehouse)
    copy.home, copy.manifest = home, warehouse.manifest
    return copy


def choose(here: SmallWarehouse, chosen: str) -> None:
    """Build what is shown with other rules."""
    file = here.home.reference_file("disclosure_rules")
    with duckdb.connect() as con:
        con.execute(f"create table rules as from '{file}'; update rules set {chosen}")
        con.execute(f"copy rules to '{file}' (format parquet)")
    here.dbt("run", "--select", "indicator_values+")


def test_percentages_are_whole_and_no_count_is_anywhere(here: SmallWarehouse) -> None:
    choose(here, "shows = 'percentages'")
    assert here.query(
        "select count(denominator), count(numerator), count(*) filter (round(100 * value) <> round(100 * value, 6)), "
        "count(value) > 100 from published.indicator_values"
    ) == [(0, 0, 0, True)]
    # what needs counts is left out rather than made of what is not shown
    for table in DERIVED[:3]:
        assert here.query(f"select count(*) from published.{table}") == [(0,)], table


def test_small_groups_are_rounded_and_their_rate_is_a_range_of_five_children(here: SmallWarehouse) -> None:
    exact = "create table main.exact as from published.indicator_values where suppression = ''"
    here.change(exact)
    choose(here, "rounded_to = 10, rounded_under = 200")
    key = "indicator_id, school_year, geography_id, disaggregate, subgroup"
    rows = here.query(
        "select exact.denominator, exact.value, now.denominator, now.numerator, now.value, now.value_low, "
        f"now.value_high, now.suppression from main.exact inner join published.indicator_values as now using ({key})"
    )
    small = [row for row in rows if row[0] < 200]
    assert len(small) > 50
    for n, value, rounded, numerator, rate, low, high, suppression in small:
        assert (rounded % 10, abs(n - rounded) <= 5) == (0, True)
        assert (numerator, rate, suppression) == (None, None, "rounded")
        assert low <= value <= high
        # whatever number was rounded to it
        assert (high - low) * (rounded - 5) >= 5 - 1e-9 or (high - low) >= 0.5
    assert all(row[0] == row[2] and row[7] == "" for row in rows if row[0] >= 200)
    assert here.query(
        f"select count(*) from published.indicator_gaps inner join main.exact using ({key}) where exact.denominator < 200"
    ) == [(0,)]
