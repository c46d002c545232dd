"""Schema published: intervals against textbook numbers, and every row against independent arithmetic."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from jinja2 import Environment
from scipy.stats import binomtest, false_discovery_control, norm

from orchestration.notification import without_values
from tests.dbt_in_process import run_dbt

if TYPE_CHECKING:
    from conftest import SmallWarehouse

MACROS = (Path(__file__).parents[2] / "dbt_project/macros/intervals.sql").read_text()
pytestmark = pytest.mark.xdist_group("published")
LEVELS = "geography_level, geography_id, disaggregate, subgroup"


def sql_of(call: str) -> str:
    return Environment().from_string(MACROS + "{{ " + call + " }}").render().strip()


def number(call: str) -> float:
    row = duckdb.sql(f"select {sql_of(call)}").fetchone()
    assert row is not None
    return float(row[0])


def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    interval = binomtest(numerator, denominator).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def newcombe(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float]:
    (l1, u1), (l2, u2) = wilson(x1, n1), wilson(x2, n2)
    p1, p2 = x1 / n1, x2 / n2
    below, above = ((p1 - l1) ** 2 + (u2 - p2) ** 2) ** 0.5, ((u1 - p1) ** 2 + (p2 - l2) ** 2) ** 0.5
    return p1 - p2 - below, p1 - p2 + above


# table I of Newcombe (1998), Statistics in Medicine 17:857-872, method 3
@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_the_textbook(x: int, n: int, low: float, high: float) -> None:
    assert number(f"wilson_low('{x}', '{n}')") == pytest.approx(low, abs=5e-5)
    assert number(f"wilson_high('{x}', '{n}')") == pytest.approx(high, abs=5e-5)


# table II of Newcombe (1998), Statistics in Medicine 17:873-890, method 10
@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
    ],
)
def test_newcombe_intervals_are_those_of_the_textbook(
    x1: int, n1: int, x2: int, n2: int, low: float, high: float
) -> None:
    (l1, u1), (l2, u2) = wilson(x1, n1), wilson(x2, n2)
    p1, p2 = x1 / n1, x2 / n2
    assert number(f"newcombe_low('{p1}', '{l1}', '{p2}', '{u2}')") == pytest.approx(low, abs=5e-5)
    assert number(f"newcombe_high('{p1}', '{u1}', '{p2}', '{l2}')") == pytest.approx(high, abs=5e-5)


def test_every_cell_of_the_plan_is_decided_on_once_and_published(warehouse: SmallWarehouse) -> None:
    plan = warehouse.home.reference_file("publication_plan")
    (planned,), (decided,), (published,) = (
        *warehouse.query(
            f"select count(*) from marts.indicator_cells join '{plan}' "
            "using (community_id, geography_level, disaggregate) "
            "where denominator > 0 and not contains(subgroup, 'unknown') and geography_id <> 'unknown'"
        ),
        *warehouse.query(
            f"select count(distinct ({LEVELS}, indicator_id, school_year)) from disclosure.cell_suppression"
        ),
        *warehouse.query(
            "select count(*) from published.indicator_values where suppression <> 'not_received'"
        ),
    )
    assert planned == decided == published > 0


def test_sums_that_do_not_add_up_stop_dbt_with_what_is_wrong(here: SmallWarehouse) -> None:
    here.change(
        # many more in all
        "update marts.indicator_cells set denominator = denominator + if(disaggregate = 'all', 500, 1000) "
        "where disaggregate in ('all', 'gender');"
        "update intermediate.int_cell_years set inputs_hash = 'another'"
    )
    result = run_dbt(here.manifest, here.home, "build", "--select", "cell_suppression")
    assert not result.success
    (told,) = (without_values(node.message) for node in result.result if node.status == "error")
    assert re.match(r"\d+ sums of indicator_cells do not add up, such as \w+ at \w+ level\. ", told)
    assert told.endswith("Look in marts.indicator_cells for a child that counts twice.")


def test_every_value_is_its_cell_or_null(warehouse: SmallWarehouse) -> None:
    rows = warehouse.query(
        "select c.denominator, c.numerator, v.denominator, v.numerator, value, value_low, value_high, "
        "value_kind, suppression from published.indicator_values v join marts.indicator_cells c using "
        f"(indicator_id, school_year, {LEVELS})"
    )
    assert {row[-1] for row in rows} == {"", "suppressed", "coded_low"}
    for n, x, shown_n, shown_x, value, low, high, kind, suppression in rows:
        if suppression == "":
            assert (shown_n, shown_x, value, kind) == (n, x, x / n, "rate")
            assert (low, high) == pytest.approx(wilson(x, n))
        elif suppression == "suppressed":
            assert shown_n is shown_x is value is low is high is kind is None
        else:
            assert (shown_n, shown_x, value, kind) == (n, None, None, "band")
            assert low == 0
            assert x / n <= high
            assert high >= max(4, n // 20) / n


def test_nothing_outside_the_plan_and_no_unknown_subgroup_is_published(warehouse: SmallWarehouse) -> None:
    assert warehouse.query(
        "select count(*) from published.indicator_values where contains(subgroup, 'unknown') "
        "or (geography_level = 'school' and disaggregate = 'foster_care')"
    ) == [(0,)]
    assert warehouse.query(
        "select count(*) > 0 from marts.indicator_cells where contains(subgroup, 'unknown')"
    ) == [(True,)]


def shown_rates(warehouse: SmallWarehouse) -> dict[tuple[Any, ...], tuple[int, int]]:
    rows = warehouse.query(
        f"select indicator_id, school_year, {LEVELS}, denominator, numerator from published.indicator_values "
        "where value_kind = 'rate'"
    )
    return {row[:6]: row[6:] for row in rows}


BETTER = {"chronic_absence": -1, "early_grade_reading": 1}


def test_every_gap_follows_from_published_rates(warehouse: SmallWarehouse) -> None:
    rates = shown_rates(warehouse)
    rows = warehouse.query(
        f"select indicator_id, school_year, {LEVELS}, reference, reference_subgroup, gap_points, "
        "gap_points_low, gap_points_high, ratio, gap_status, children_to_close from published.indicator_gaps"
    )
    assert len(rows) > 100
    seen = set()
    for *key, reference, other, points, low, high, ratio, status, children in rows:
        indicator, year, level, place, disaggregate, _ = key
        seen.add((*key, reference))
        n, x = rates[tuple(key)]
        reference_n, reference_x = rates[
            indicator, year, level, place, disaggregate if reference == "best_off" else "all", other
        ]
        assert points == pytest.approx(100 * (x / n - reference_x / reference_n))
        if reference == "best_off":
            siblings = [r[1] / r[0] for k, r in rates.items() if k[:5] == tuple(key[:5])]
            best = max(siblings, key=lambda rate: BETTER[indicator] * rate)
            assert reference_x / reference_n == best
            bounds = newcombe(x, n, reference_x, reference_n)
        else:
            rest_n, rest_x = reference_n - n, reference_x - x
            if rest_n == 0:  # the subgroup is everyone
                assert (points, low, high, status, children) == (0, None, None, "not_clear", 0)
                continue
            share = rest_n / reference_n
            bounds = tuple(share * bound for bound in newcombe(x, n, rest_x, rest_n))  # type: ignore[assignment]
        assert (low, high) == pytest.approx(tuple(100 * bound for bound in bounds))
        if reference_x:
            assert ratio == pytest.approx((x / n) / (reference_x / reference_n))
        clear = low > 0 or high < 0
        side = "ahead" if points * BETTER[indicator] > 0 else "behind"
        assert status == (side if clear else "not_clear")
        # the fewest children whose change reaches the reference rate, counted one by one
        needed = 0
        while BETTER[indicator] * ((x + BETTER[indicator] * needed) * reference_n - reference_x * n) < 0:
            needed += 1
        assert children == needed
    with_total = {key for key in rates if key[4] != "all" and (*key[:4], "all", "all") in rates}
    assert {key[:6] for key in seen if key[6] == "total"} == with_total


def test_every_trend_follows_from_published_rates(warehouse: SmallWarehouse) -> None:
    rates = shown_rates(warehouse)
    rows = warehouse.query(
        f"select indicator_id, school_year, {LEVELS}, baseline_year, change_points, change_points_low, "
        "change_points_high, status, is_latest from published.indicator_trends"
    )
    assert {row[:6] for row in rows} == set(rates)
    for *key, baseline, points, low, high, status, is_latest in rows:
        indicator, year, *series = key
        years = sorted(k[1] for k in rates if k[0] == indicator and list(k[2:]) == series)
        assert baseline == years[0]
        assert is_latest == (year == years[-1])
        if year == baseline:
            assert (points, low, high, status) == (None, None, None, "baseline")
            continue
        (n, x), (n0, x0) = rates[tuple(key)], rates[(indicator, baseline, *series)]
        assert points == pytest.approx(100 * (x / n - x0 / n0))
        assert (low, high) == pytest.approx(tuple(100 * bound for bound in newcombe(x, n, x0, n0)))
        better = BETTER[indicator] * points > 0
        assert status == (("improved" if better else "worsened") if low > 0 or high < 0 else "maintained")


def test_changes_among_many_are_tested_as_scipy_tests_them(warehouse: SmallWarehouse) -> None:
    rates = shown_rates(warehouse)
    rows = warehouse.query(
        f"select indicator_id, school_year, {LEVELS}, baseline_year, p_value, q_value, change_points, "
        "status_among_many from published.indicator_trends"
    )
    families: dict[tuple[Any, ...], list[tuple[float, float, float, str, str]]] = {}
    for *key, baseline, p_value, q_value, points, status in rows:
        if key[1] == baseline:
            assert (p_value, q_value, status) == (None, None, "baseline")
            continue
        (n, x), (n0, x0) = rates[tuple(key)], rates[(key[0], baseline, *key[2:])]
        pooled = (x + x0) / (n + n0)
        z = (x / n - x0 / n0) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n0))
        assert p_value == pytest.approx(2 * norm.sf(abs(z)), abs=2e-7)
        families.setdefault(tuple(key[:3]), []).append((p_value, q_value, points, status, key[0]))
    assert max(map(len, families.values())) > 10
    for tests in families.values():
        expected = false_discovery_control([p_value for p_value, *_ in tests], method="bh")
        assert [q_value for _, q_value, *_ in tests] == pytest.approx(list(expected), abs=1e-9)
        for _, q_value, points, status, indicator in tests:
            better = "improved" if BETTER[indicator] * points > 0 else "worsened"
            assert status == ("maintained" if q_value > 0.05 or points == 0 else better)


def test_the_parts_of_a_gap_are_those_of_its_schools(warehouse: SmallWarehouse) -> None:
    """Each row worked out anew from published rates: Kitagawa's two parts, and the children to close."""
    rates = shown_rates(warehouse)
    rows = warehouse.query(
        "select indicator_id, school_year, disaggregate, subgroup, reference_subgroup, geography_id, gap_points, "
        "within_points, between_points, children_to_close from published.gap_drivers"
    )
    gaps: dict[tuple[Any, ...], list[Any]] = {}
    for *gap, school, points, within, between, to_close in rows:
        gaps.setdefault(tuple(gap), []).append((school, points, within, between, to_close))
    assert len(gaps) > 5
    assert {gap[4] for gap in gaps} > {"everyone_else"}
    for (indicator, year, disaggregate, subgroup, reference), parts in gaps.items():

        def sides(level: str, place: str, of: tuple[Any, ...]) -> tuple[int, int, int, int]:
            name, year, disaggregate, subgroup, reference = of
            n, x = rates[(name, year, level, place, disaggregate, subgroup)]
            if reference != "everyone_else":
                return n, x, *rates[(name, year, level, place, disaggregate, reference)]
            all_n, all_x = rates[(name, year, level, place, "all", "all")]
            return n, x, all_n - n, all_x - x

        of = (indicator, year, disaggregate, subgroup, reference)
        n, x, m, y = sides("community", "riverbend", of)
        seen = [0, 0, 0, 0]
        for school, points, within, between, to_close in sorted(parts, key=lambda p: p[0] == "other_schools"):
            assert points == pytest.approx(100 * (x / n - y / m))
            if school == "other_schools":
                here = tuple(total - part for total, part in zip((n, x, m, y), seen, strict=True))
            else:
                here = sides("school", school, of)
                seen = [total + part for total, part in zip(seen, here, strict=True)]
            a, b, c, d = here
            own = b / a if a else d / c
            other = d / c if c else own
            assert within == pytest.approx(100 * (a / n + c / m) / 2 * (own - other))
            assert between == pytest.approx(100 * (a / n - c / m) * ((own + other) / 2 - y / m))
            assert to_close == max(0, math.ceil(BETTER[indicator] * (y / m * a - b) - 1e-9))
        assert sum(part[2] + part[3] for part in parts) == pytest.approx(parts[0][1])


def test_a_share_of_those_true_beside_the_share_of_children(warehouse: SmallWarehouse) -> None:
    rates = shown_rates(warehouse)
    rows = warehouse.query(
        f"select indicator_id, school_year, {LEVELS}, reference, share_of_children, share_of_those_true, "
        "disproportion_points from published.indicator_gaps"
    )
    for *key, reference, of_children, of_those, points in rows:
        if reference == "best_off":
            assert (of_children, of_those, points) == (None, None, None)
            continue
        n, x = rates[tuple(key)]
        all_n, all_x = rates[(*key[:4], "all", "all")]
        assert (of_children, of_those) == pytest.approx((n / all_n, x / all_x))
        assert points == pytest.approx(100 * (x / all_x - n / all_n))


def test_a_year_that_is_missing_is_not_received_and_never_zero(warehouse: SmallWarehouse) -> None:
    rows = warehouse.query(
        "select indicator_id, school_year, geography_level, subgroup, denominator, value, value_kind "
        "from published.indicator_values where suppression = 'not_received'"
    )
    assert rows == [("chronic_absence", 2026, "community", "all", None, None, None)]


def test_a_program_with_a_small_third_shows_none_and_a_small_one_nothing(warehouse: SmallWarehouse) -> None:
    """Of chess the middle third has 3 of 20, so low and high go too; nine in a choir are too few, and so are the 4 % of 90 pairs."""
    rows = warehouse.query(
        "select program_id, dosage, n_matched, round(difference_points, 4), suppression "
        "from published.program_results order by all"
    )
    assert rows == [
        ("club:chess", "all", 60, 0.0, ""),
        ("club:chess", "high", None, None, "suppressed"),
        ("club:chess", "low", None, None, "suppressed"),
        ("club:chess", "middle", None, None, "suppressed"),
        ("club:choir", "all", None, None, "suppressed"),
        ("club:pairs", "all", 90, 5.0, ""),
        ("club:rare_pairs", "all", None, None, "suppressed"),
        ("club:reading", "all", 90, 5.0, ""),
        ("club:reading", "high", 30, 5.0, ""),
        ("club:reading", "low", 30, 5.0, ""),
        ("club:reading", "middle", 30, 5.0, ""),
    ]


def test_children_alike_are_balanced_up_to_a_tenth_of_a_standard_deviation(warehouse: SmallWarehouse) -> None:
    rows = warehouse.query(
        "select program_id, method, largest_difference_sd, is_balanced from published.program_results "
        "where dosage = 'all' order by all"
    )
    assert rows == [
        ("club:chess", "exact", 0.1, False),  # 0.104
        ("club:choir", "exact", None, None),
        ("club:pairs", "propensity", 0.1, True),
        ("club:rare_pairs", "propensity", None, None),
        ("club:reading", "exact", 0.1, True),  # 0.096
    ]


def test_a_share_of_two_estimates_has_the_margin_of_the_census_bureaus_formula(
    warehouse: SmallWarehouse,
) -> None:
    """Worked out by hand at 90 %, and widened to 95 %: of a proportion, and of a ratio where that has no root.

    Or a root of nothing: 11 less 22/54 of 27, which would claim that 22 of 54 is known for certain.
    """
    rows = warehouse.query(
        "select area_id, value, value_low, value_high from published.area_values order by area_id"
    )
    wider = 1.959963984540054 / 1.6448536269514722
    proportion = wider * math.sqrt(20**2 - 0.75**2 * 10**2) / 80
    ratio = wider * math.sqrt(1**2 + 0.125**2 * 40**2) / 80
    uncertain = wider * math.sqrt(11**2 + (22 / 54) ** 2 * 27**2) / 54
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert rows[0][1:] == pytest.approx((0.75, 0.75 - proportion, 1.0))
    assert rows[1][1:] == pytest.approx((0.125, 0.125 - ratio, 0.125 + ratio))
    assert rows[2][1:] == pytest.approx((22 / 54, 22 / 54 - uncertain, 22 / 54 + uncertain))


def test_gateways_name_what_is_missing(warehouse: SmallWarehouse) -> None:
    rows = warehouse.query(
        "select item, outcome, is_met, evidence_year from published.gateway_status "
        "where outcome in ('early_grade_reading', 'employment') and item in ('baseline', 'target') order by all"
    )
    assert rows == [
        ("baseline", "early_grade_reading", True, 2020),
        ("baseline", "employment", False, None),
        ("target", "early_grade_reading", True, 2022),
        ("target", "employment", False, None),
    ]
    shares = warehouse.query("select distinct item, share_met, is_item_met from published.gateway_status")
    assert all(
        share == pytest.approx(1 / 7) and not is_met for item, share, is_met in shares if item == "target"
    )


def test_the_pace_to_the_next_target_is_points_a_year(warehouse: SmallWarehouse) -> None:
    rows = warehouse.query(
        "select school_year, value, target_year, target_value, distance_to_target_points, "
        "pace_needed_points_per_year from published.indicator_trends where target_year is not null order by 1"
    )
    assert [row[0] for row in rows] == [2020, 2021, 2022]
    for year, value, target_year, target, distance, pace in rows:
        assert (target_year, target) == (2025, 0.60)
        assert distance == pytest.approx(60 - 100 * value)
        assert pace == pytest.approx((60 - 100 * value) / (2025 - year))


def test_titles_are_words_and_years_are_written_as_people_do(warehouse: SmallWarehouse) -> None:
    assert warehouse.query(
        "select subgroup_title from published.subgroups where disaggregate = 'gender_x_disability' "
        "and subgroup = 'female|no'"
    ) == [("Female, Without a disability",)]
    assert warehouse.query("select title from published.school_years where school_year = 2021") == [
        ("2020-21",)
    ]
    assert warehouse.query(
        "select parent_level, parent_id from published.geographies where geography_id = 'school_1'"
    ) == [("district", "district_1")]


def test_the_owner_of_an_indicator_stands_at_each_of_its_versions(warehouse: SmallWarehouse) -> None:
    assert warehouse.query(
        "select distinct indicator_id, owner from published.indicators where owner is not null"
    ) == [("chronic_absence", "Absence team; Attendance network")]
    assert warehouse.query(
        "select count(*) > 1, count(*) = count(owner) from published.indicators "
        "where indicator_id = 'chronic_absence'"
    ) == [(True, True)]
    assert warehouse.query(
        "select count(*) - count(distinct (indicator_id, definition_version)) from published.indicators"
    ) == [(0,)]


def test_a_delivery_without_checked_rules_is_there_with_its_state(warehouse: SmallWarehouse) -> None:
    assert warehouse.query(
        "select school_year, rule, state, rows_received, rows_quarantined from published.load_quality "
        "where school_year >= 2022 order by 1"
    ) == [(2022, "days_absent between", "rejected", 600, None), (2023, "not_checked", "accepted", 600, None)]
