"""A community's choices of how numbers are shown: percentages alone, or rounded denominators and ranges."""

from __future__ import annotations

import duckdb
import pytest

from ingestion.warehouse_file import attach_warehouse
from publishing.dbt_project import DBT_PROJECT
from publishing.outgoing import check_outgoing
from publishing.release import prepare_release, publish
from publishing.release_contents import ReleaseError, load_promise
from tests.publishing.conftest import SmallWarehouse

DERIVED = ("indicator_gaps", "indicator_trends", "gap_drivers", "pathway_funnel")


def set_rules(here: SmallWarehouse, chosen: str) -> None:
    file = here.home.reference_file("disclosure_rules")
    with duckdb.connect() as con:
        con.execute(f"create table rules as from '{file}'; update rules set {chosen}")
        con.execute(f"copy rules to '{file}' (format parquet)")


def set_minimum(here: SmallWarehouse, minimum: int) -> None:
    file = here.home.reference_file("communities")
    with duckdb.connect() as con:
        con.execute(f"create table told as select * replace ({minimum} as minimum_denominator) from '{file}'")
        con.execute(f"copy told to '{file}' (format parquet)")


def choose(here: SmallWarehouse, chosen: str) -> None:
    """Build what is shown with other rules."""
    set_rules(here, chosen)
    here.dbt("run", "--select", "path:models/published")


def look_at_what_goes_out(here: SmallWarehouse) -> None:
    """ReleaseError where the outgoing gate stops it."""
    with duckdb.connect() as con:
        attach_warehouse(con, here.home)
        check_outgoing(con, here.home, load_promise(DBT_PROJECT))


@pytest.mark.parametrize(
    ("chosen", "wrong"),
    [
        ("shows = 'percentages'", "value = value - 0.02 where value_kind = 'percent'"),
        (
            "rounded_to = 10, rounded_under = 200",
            "denominator = denominator + 10 where suppression = 'rounded'",
        ),
        ("shows = 'counts'", "denominator = denominator + 1 where suppression = ''"),
    ],
)
def test_however_values_are_shown_they_go_out_and_wrong_ones_do_not(
    here: SmallWarehouse, chosen: str, wrong: str
) -> None:
    choose(here, chosen)
    look_at_what_goes_out(here)
    here.change(f"update published.indicator_values set {wrong} and denominator is distinct from 0")
    with pytest.raises(ReleaseError, match="is_not_what_marts_say"):
        look_at_what_goes_out(here)


def fold(here: SmallWarehouse) -> None:
    """Build with three groups of schools in one."""
    with duckdb.connect() as con:
        con.execute(
            "copy (select 'riverbend' as community_id, 'school' as geography_level, 'race_ethnicity' as disaggregate, "
            "unnest(['asian', 'black', 'native']) as subgroup, 'other_groups' as folded_subgroup) "
            f"to '{here.home.reference_file('disclosure_folds')}' (format parquet)"
        )
    here.change("update intermediate.int_cell_years set inputs_hash = 'folded'")
    here.dbt("run", "--select", "cell_suppression+")


def test_folding_leaves_years_as_they_were_shown(here: SmallWarehouse) -> None:
    """What was shown of two of three groups, taken from the folded one, would tell the third."""
    publish(here.home)
    prepare_release(here.home, "folded")
    exact = "select * exclude (release_id, held_since) from published.indicator_values order by all"
    before = here.query(exact)
    fold(here)
    assert here.query(exact) == before
    assert here.query("select count(held_since) > 0 from published.indicator_values") == [(True,)]


def test_folded_groups_go_out_and_a_wrong_sum_of_them_does_not(here: SmallWarehouse) -> None:
    fold(here)
    folded = "subgroup = 'other_groups' and suppression = ''"
    assert here.query(f"select count(*) > 0 from published.indicator_values where {folded}") == [(True,)]
    look_at_what_goes_out(here)
    here.change(f"update published.indicator_values set denominator = denominator + 1 where {folded}")
    with pytest.raises(ReleaseError, match="is_not_what_marts_say"):
        look_at_what_goes_out(here)


def test_percentages_are_whole_and_no_count_is_anywhere(here: SmallWarehouse) -> None:
    choose(here, "shows = 'percentages'")
    assert here.query(
        "select count(denominator), count(numerator), count(*) filter (round(100 * value) <> round(100 * value, 6)), "
        "count(value) > 100 from published.indicator_values"
    ) == [(0, 0, 0, True)]
    # what needs counts is left out rather than made of what is not shown
    for table in DERIVED[:3]:
        assert here.query(f"select count(*) from published.{table}") == [(0,)], table


PERCENTAGES, ROUNDED = "shows = 'percentages'", "rounded_to = 10, rounded_under = 200"
EXACT = "shows = 'counts', rounded_to = null, rounded_under = null"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PERCENTAGES, PERCENTAGES),
        (PERCENTAGES, EXACT),
        (EXACT, PERCENTAGES),
        (EXACT, ROUNDED),
        (ROUNDED, EXACT),
        (ROUNDED, ROUNDED.replace("10", "20")),
        (EXACT, "band_smallest = 6"),
        (EXACT, "shows_bands = false"),
    ],
)
def test_a_held_year_stays_as_it_was_shown_however_numbers_are_shown_now(
    here: SmallWarehouse, before: str, after: str
) -> None:
    choose(here, before)
    publish(here.home)
    prepare_release(here.home, "held")
    ((year,),) = here.query("select max(school_year) from published.indicator_values where value is not null")
    exact = f"""
        select * exclude (release_id, held_since) from published.indicator_values
        where school_year = {year} order by all
    """
    as_shown = here.query(exact)
    with duckdb.connect() as con:
        con.execute(
            "copy (select distinct community_id, indicator_id, school_year from "
            f"'{here.home.current_release}/indicator_values.parquet' where school_year = {year}) "
            f"to '{here.home.reference_file('disclosure_holds')}' (format parquet)"
        )
    here.change("update intermediate.int_cell_years set inputs_hash = 'held'")
    set_rules(here, after)
    here.dbt("run", "--select", "path:models/disclosure", "path:models/published")
    held = "select count(*), count(held_since), count(coalesce(value, value_high)) > 20 from published.indicator_values"
    ((rows, n_held, has_values),) = here.query(f"{held} where school_year = {year}")
    assert (n_held, has_values) == (rows, True)
    assert here.query(exact) == as_shown
    assert publish(here.home).is_new


@pytest.mark.parametrize("chosen", [ROUNDED, PERCENTAGES, "rounded_to = 100, rounded_under = 400"])
def test_what_did_not_change_is_not_held(here: SmallWarehouse, chosen: str) -> None:
    choose(here, chosen)
    publish(here.home)
    prepare_release(here.home, "again")
    exact = "select * exclude (release_id) from published.indicator_values order by all"
    before = here.query(exact)
    here.change("update intermediate.int_cell_years set inputs_hash = 'again'")
    here.dbt("run", "--select", "path:models/disclosure", "path:models/published")
    assert here.query(exact) == before
    assert here.query("select count(held_since) from published.indicator_values") == [(0,)]
    assert here.query("select count(*) from published.restatements") == [(0,)]
    # the same content is the same release
    assert not publish(here.home).is_new


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
    told = {*here.query("select distinct rounded_to, suppression from published.indicator_values")}
    assert {(10, "rounded"), (10, "coded_low"), (None, "suppressed"), (None, "")} <= told
    assert not {(None, "rounded"), (10, ""), (10, "suppressed")} & told
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


def test_under_a_higher_minimum_small_groups_are_told_only_as_they_were(here: SmallWarehouse) -> None:
    """What was shown cannot be hidden: a year stays as it was, or hides those groups; and it goes out."""
    publish(here.home)
    prepare_release(here.home, "stricter")
    set_minimum(here, 20)
    small = "select * exclude (release_id, held_since) from published.indicator_values where denominator < 20"
    before = here.query(small)
    here.change("update intermediate.int_cell_years set inputs_hash = 'stricter'")
    here.dbt("run", "--select", "path:models/disclosure", "path:models/published")
    assert len(before) > 10
    assert {*here.query(small)} <= {*before}
    assert here.query(f"{small} and held_since is null") == []
    assert publish(here.home).is_new


def test_a_minimum_between_two_steps_is_kept_and_goes_out(here: SmallWarehouse) -> None:
    """A group of 13 is shown as 10, which stands for 13 and 14; one of 12 is hidden."""
    set_minimum(here, 13)
    here.change("update intermediate.int_cell_years set inputs_hash = 'of 13'")
    here.dbt("run", "--select", "path:models/disclosure", "path:models/published")
    publish(here.home)
    prepare_release(here.home, "rounded")
    choose(here, ROUNDED)
    tens = """
        from published.indicator_values as shown inner join marts.indicator_cells as cells using
        (indicator_id, school_year, geography_id, disaggregate, subgroup) where shown.denominator = 10
    """
    assert here.query(f"select distinct cells.denominator {tens} order by all") == [(13,), (14,)]
    restated = (
        "select count(*) from published.restatements where new_denominator = 10 and old_denominator = 10"
    )
    assert here.query(restated) > [(0,)]
    assert publish(here.home).is_new


def test_no_group_is_rounded_to_nobody_and_a_range_is_of_five_children_all_the_same(
    here: SmallWarehouse,
) -> None:
    here.change("create table main.exact as from published.indicator_values where suppression = ''")
    choose(here, "rounded_to = 100, rounded_under = 400")
    rows = here.query(
        "select exact.denominator, exact.value, now.denominator, now.rounded_to, now.value_low, now.value_high "
        "from main.exact inner join published.indicator_values as now using "
        "(indicator_id, school_year, geography_id, disaggregate, subgroup) where exact.denominator < 400"
    )
    assert min(n for n, *_ in rows) < 50
    for n, value, rounded, step, low, high in rows:
        assert (rounded, step) == (max(100, 100 * int(n / 100 + 0.5)), 100)
        assert low <= value <= high
        # of the fewest children that it may be, 10 where it says 100
        assert (high - low) * (10 if rounded == 100 else rounded - 50) >= 5 - 1e-9
    look_at_what_goes_out(here)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        # 27 of 90 beside 25 %, 15 of 60 beside 25 %; reading's thirds are 9 of 30
        (
            PERCENTAGES,
            [
                ("chess", "all", None, 0.25, 0.25, 0.0, None),
                ("pairs", "all", None, 0.3, 0.25, 5.0, None),
                *(
                    ("reading", dosage, None, 0.3, 0.25, 5.0, None)
                    for dosage in ("all", "high", "low", "middle")
                ),
            ],
        ),
        # at least 55 and 85 children are in steps of 10 points; of 25 at least a step of 20 would say little
        (
            ROUNDED,
            [
                ("chess", "all", 60, 0.3, 0.3, 0.0, None),
                ("pairs", "all", 90, 0.3, 0.3, 0.0, None),
                ("reading", "all", 90, 0.3, 0.3, 0.0, None),
            ],
        ),
    ],
)
def test_results_of_programs_are_shown_as_the_community_shows_its_numbers(
    here: SmallWarehouse, chosen: str, expected: list[tuple[object, ...]]
) -> None:
    choose(here, chosen)
    assert (
        here.query(
            "select split_part(program_id, ':', 2), dosage, n_matched, participant_rate, comparison_rate, "
            "difference_points, difference_points_low from published.program_results "
            "where suppression = '' order by all"
        )
        == expected
    )
    look_at_what_goes_out(here)
