"""History rules at their edges: 100 rows last year, 20 points of empty cells, 95 % and 50 % of children."""

from pathlib import Path

import duckdb
import pytest
from tiny_deliveries import Judge, good, good_rows

from expectations.gate import GateResult
from expectations.history import History, Roster


def verdict(result: GateResult, rule: str) -> tuple[bool, str, int]:
    (found,) = [r for r in result.results if r.rule == rule]
    return found.passed, found.severity, found.violations


@pytest.mark.parametrize(
    ("rows", "passed"), [(70, True), (69, False), (130, True), (131, False), (50, False), (100, True)]
)
def test_the_number_of_rows_may_change_by_the_tolerance(judge: Judge, rows: int, passed: bool) -> None:
    result = judge(good_rows(rows), history=History(2024, 100))
    assert verdict(result, "row_count_is_like_last_time") == (passed, "reject", abs(rows - 100))
    assert result.outcome == ("accepted" if passed else "rejected")


@pytest.mark.parametrize(
    ("rows", "severity"), [(15, "warn"), (5, "warn"), (4, "reject"), (43, "warn"), (44, "reject")]
)
def test_a_change_of_fewer_than_twenty_rows_is_only_a_warning(judge: Judge, rows: int, severity: str) -> None:
    result = judge(good_rows(rows), history=History(2024, 24))
    assert verdict(result, "row_count_is_like_last_time")[:2] == (False, severity)
    assert result.outcome == ("accepted" if severity == "warn" else "rejected")


def test_half_a_file_says_so(judge: Judge) -> None:
    result = judge(good_rows(50), history=History(2024, 100))
    assert result.reason == (
        "The file has 50 rows, 50.0% fewer than the 100 of 2024; a change of at most 30% is expected."
    )


def test_a_contract_may_expect_more_change(judge: Judge) -> None:
    wide = "tolerance: {year_over_year: 0.5}\n"
    assert judge(good_rows(50), wide, history=History(2024, 100)).outcome == "accepted"


def test_a_first_delivery_has_nothing_to_compare_with(judge: Judge) -> None:
    result = judge(good_rows(3))
    (rows,) = [r for r in result.results if r.rule == "row_count_is_like_last_time"]
    assert (rows.passed, rows.explanation) == (True, "There is no earlier delivery to compare with.")


@pytest.mark.parametrize(("empty", "passed"), [(3, True), (4, False)])
def test_a_column_may_be_emptier_by_twenty_points(judge: Judge, empty: int, passed: bool) -> None:
    # one of ten was empty last year; three of ten is 20 points more, which is allowed, four is not
    rows = [good(f"c{i}") for i in range(10 - empty)]
    rows += [(f"e{i}", "S1", 180, None, False, False) for i in range(empty)]
    result = judge(rows, "tolerance: {quarantined: 0.9}\n", history=History(2024, 10, {"days_absent": 0.1}))
    assert verdict(result, "days_absent_is_as_full_as_last_time") == (passed, "reject", empty)


def test_a_cell_that_could_not_be_read_is_not_empty(judge: Judge) -> None:
    rows = [good(f"c{i}") for i in range(4)] + [(f"e{i}", "S1", 180, None, False, True) for i in range(6)]
    result = judge(rows, "tolerance: {quarantined: 0.9}\n", history=History(2024, 10, {"days_absent": 0.0}))
    assert verdict(result, "days_absent_is_as_full_as_last_time") == (True, "reject", 0)
    assert verdict(result, "days_absent_is_a_number") == (False, "quarantine", 6)


@pytest.fixture
def roster(tmp_path: Path) -> tuple[Roster]:
    path = tmp_path / "roster.parquet"
    duckdb.sql("select printf('c%04d', i) as student_id from range(100) as r(i)").write_parquet(str(path))
    return (Roster(path),)


@pytest.mark.parametrize(
    ("strangers", "passed", "severity"),
    [(0, True, "warn"), (5, True, "warn"), (6, False, "warn"), (50, False, "warn"), (51, False, "reject")],
)
def test_children_should_be_on_the_roster(
    judge: Judge, roster: tuple[Roster], strangers: int, passed: bool, severity: str
) -> None:
    # 100 children in all, so that one stranger is one percent
    rows = good_rows(100)[strangers:] + [good(f"x{i}") for i in range(strangers)]
    result = judge(rows, history=History(roster=roster))
    assert verdict(result, "children_are_on_the_roster") == (passed, severity, strangers)
    assert result.outcome == ("rejected" if severity == "reject" else "accepted")


def test_a_child_counts_once_however_many_rows_it_has(judge: Judge, roster: tuple[Roster]) -> None:
    rows = [*good_rows(30), *(good("x", school=f"S{i}") for i in range(20))]
    assert verdict(judge(rows, history=History(roster=roster)), "children_are_on_the_roster") == (
        True,
        "warn",
        1,
    )
