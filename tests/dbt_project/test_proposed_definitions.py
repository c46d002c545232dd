"""A proposed definition counts all years beside the one in force, by the indicator's own model, and writes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_warehouse import Lake, Warehouse

from publishing.dbt_project import DBT_PROJECT
from publishing.proposal import ProposalError, compare, proposed
from publishing.registry import Indicator, load_registry


@pytest.fixture(scope="module")
def indicator() -> Indicator:
    return load_registry(DBT_PROJECT)["chronic_absence"]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> Warehouse:
    """Of 20 children in 2025, number n missed n days of 100; of 2024 there are 9, one day short of everything."""
    lake = Lake(tmp_path_factory.mktemp("home"))
    for year, children in ((2024, 9), (2025, 20)):
        rows = [
            {"student_id": f"s{n}", "school_id": "1", "days_enrolled": 100, "days_absent": n}
            for n in range(1, children + 1)
        ]
        lake.deliver("attendance", year, rows)
    built = Warehouse(manifest, lake.finish())
    built.build("--select", "+chronic_absence", "--indirect-selection", "buildable")
    return built


def test_each_year_is_counted_both_ways(warehouse: Warehouse, indicator: Indicator) -> None:
    base, proposal = proposed(indicator, None, {"minimum_share_absent": "0.15"})
    few, year = compare(warehouse.home, indicator, base, proposal)
    # 10 to 20 days are a tenth or more, 15 to 20 three twentieths: 11 and 6 children, and five change sides
    assert (year.school_year, year.subgroup, year.denominator, year.proposed_denominator) == (2025, "all", 20, 20)
    assert (year.value, year.proposed_value, year.n_changed) == (0.55, 0.30, 5)
    assert year.difference_points == pytest.approx(-25)
    assert (few.school_year, few.denominator, few.value, few.n_changed) == (2024, None, None, None)


def test_who_no_longer_counts_has_changed(warehouse: Warehouse, indicator: Indicator) -> None:
    base, proposal = proposed(indicator, "ten_percent", {"minimum_days_enrolled": "101"})
    assert [change.denominator for change in compare(warehouse.home, indicator, base, proposal)] == [None, None]


def test_by_a_disaggregate_children_of_unknown_subgroup_are_told_apart(
    warehouse: Warehouse, indicator: Indicator
) -> None:
    base, proposal = proposed(indicator, None, {"minimum_share_absent": "0.15"})
    found = compare(warehouse.home, indicator, base, proposal, by="gender")
    assert [(change.school_year, change.subgroup) for change in found] == [(2024, "unknown"), (2025, "unknown")]


@pytest.mark.parametrize(
    ("version", "changes", "message"),
    [
        ("tenpercent", {}, "'tenpercent' is no version of chronic_absence"),
        (None, {"minimum_share": "0.1"}, "'minimum_share' is no parameter of chronic_absence"),
    ],
)
def test_what_the_indicator_does_not_have_is_refused(
    indicator: Indicator, version: str | None, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(ProposalError, match=message):
        proposed(indicator, version, changes)


def test_a_value_that_is_no_number_is_an_error_and_nothing_is_written(
    warehouse: Warehouse, indicator: Indicator
) -> None:
    before = warehouse.home.warehouse.stat().st_mtime_ns
    base, proposal = proposed(indicator, None, {"minimum_share_absent": "a lot"})
    with pytest.raises(ProposalError, match="cannot be counted with"):
        compare(warehouse.home, indicator, base, proposal)
    with pytest.raises(ProposalError, match="no disaggregate is called 'sex'"):
        compare(warehouse.home, indicator, base, proposal, by="sex")
    assert warehouse.home.warehouse.stat().st_mtime_ns == before
