"""A school year that was shown before: what a later release may show of it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from cell_tables import make_cells, make_children, make_rules, usual_plan

from publishing.disclosure import DisclosureReport, protect

KEY = "definition_version, collection, geography_level, geography_id, disaggregate, subgroup"
SHOWN = f"select {KEY}, denominator, numerator, suppression from shown_values"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A first release r0001 of 500 children is out."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        make_children(connection, 500, schools=3)
        make_cells(connection, usual_plan())
        protect(connection)
        release(connection, "r0001")
        yield connection


def release(con: duckdb.DuckDBPyConnection, release_id: str) -> None:
    """What shown_values.py would record of what was decided."""
    con.execute(
        f"""
        insert into shown_values by name
        select * exclude (
            is_small, is_narrow, is_settled, held_since, band_low, band_high, denominator_tables, numerator_tables
        ) replace (
            coalesce(value_low, band_low) as value_low, coalesce(value_high, band_high) as value_high,
            if(suppression = 'suppressed', null, denominator) as denominator,
            if(suppression = '', numerator, null) as numerator, 'final' as data_maturity,
            if(suppression = '', numerator / denominator, null) as value
        ),
        '{release_id}' as first_release_id, '{release_id}' as last_release_id
        from cell_suppression
        """
    )


def made_again(con: duckdb.DuckDBPyConnection, *withdrawn: str) -> None:
    """The cells of table children as it is now, beside what was shown, of which these releases are withdrawn."""
    con.execute("create or replace temp table kept as from shown_values")
    make_cells(con, usual_plan())
    make_rules(con)
    con.execute("insert into shown_values from kept")
    con.execute("insert into withdrawn select unnest($1::varchar[])", [[*withdrawn]])


def again(con: duckdb.DuckDBPyConnection, *withdrawn: str) -> DisclosureReport:
    """The same, protected."""
    made_again(con, *withdrawn)
    return protect(con)


def new_children(con: duckdb.DuckDBPyConnection, count: int) -> None:
    con.execute(
        "insert into children by name select * replace ('school_0' as school_id, 'district_0' as district_id, 'female' as gender, 'yes' as disability) "
        f"from children where school_year = 2020 limit {count}"
    )


def shown_now(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return con.execute(
        f"select {KEY}, if(suppression = 'suppressed', null, denominator), if(suppression = '', numerator, null), "
        "suppression from cell_suppression order by all"
    ).fetchall()


def test_nothing_changed_and_nothing_is_hidden_or_shown_that_was_not(con: duckdb.DuckDBPyConnection) -> None:
    report = again(con)
    assert report.held == 0
    assert shown_now(con) == con.execute(f"{SHOWN} order by all").fetchall()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_results_that_another_table_counts_stay_as_they_were_shown(seed: int) -> None:
    """Who went to college is a result of one table and a number of children of another, whose results are hidden."""
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        make_children(con, 1500, schools=3, seed=seed)
        con.execute(
            "insert into children by name select * replace ('persistence' as indicator_id, "
            f"hash(child, 'stays', {seed}) % 100 < 92 as is_success) from children where is_success"
        )
        make_cells(con, usual_plan())
        protect(con)
        release(con, "r0001")
        first = con.execute(
            f"select indicator_id, {KEY}, suppression from cell_suppression order by all"
        ).fetchall()
        assert {row[0] for row in first if row[-1] == "suppressed"} == {"indicator_0", "persistence"}
        assert again(con).held == 0
        assert (
            con.execute(
                f"select indicator_id, {KEY}, suppression from cell_suppression order by all"
            ).fetchall()
            == first
        )


def test_one_late_child_holds_the_year(con: duckdb.DuckDBPyConnection) -> None:
    new_children(con, 1)
    report = again(con)
    assert report.held > 0
    assert shown_now(con) == con.execute(f"{SHOWN} order by all").fetchall()
    assert con.execute("select distinct held_since from cell_suppression").fetchall() == [("r0001",)]


def test_one_outcome_that_is_corrected_holds_the_year(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "update children set is_success = not is_success "
        "where rowid = (select min(rowid) from children where race_ethnicity = 'white')"
    )
    assert again(con).held > 0


def test_the_outcomes_of_many_that_are_corrected_restate_the_year(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update children set is_success = true where gender = 'female'")
    assert again(con).held == 0
    cells = con.execute(
        f"select now.numerator - before.numerator, now.suppression from cell_suppression as now "
        f"inner join shown_values as before using ({KEY}) where before.numerator is not null"
    ).fetchall()
    assert {suppression for change, suppression in cells if 1 <= abs(change) < 10} <= {"suppressed"}
    assert any(abs(change) >= 10 and suppression == "" for change, suppression in cells)


def test_a_year_that_the_community_holds_stays_as_it_was(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update children set is_success = true where gender = 'female'")
    made_again(con)
    con.execute("insert into holds select 'riverbend', 'indicator_0', 2020")
    assert protect(con).held > 0
    before = con.execute(f"{SHOWN} where indicator_id = 'indicator_0' order by all").fetchall()
    now = con.execute(
        f"select {KEY}, if(suppression = 'suppressed', null, denominator), if(suppression = '', numerator, null), "
        "suppression from cell_suppression where indicator_id = 'indicator_0' order by all"
    ).fetchall()
    assert now == before


def test_a_number_as_it_was_shown_is_shown_and_needs_no_proof(con: duckdb.DuckDBPyConnection) -> None:
    new_children(con, 40)
    again(con)
    ((unchanged, shown),) = con.execute(
        f"select count(*), count(*) filter (now.suppression <> 'suppressed') from cell_suppression as now "
        f"inner join shown_values as before using ({KEY}) where before.denominator = now.denominator "
        "and before.suppression = '' and before.numerator = now.numerator"
    ).fetchall()
    assert 0 < shown == unchanged


def test_a_year_is_held_against_any_release_before_not_the_last_alone(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table first_children as from children")
    new_children(con, 40)
    assert again(con).held == 0
    release(con, "r0002")
    con.execute("create or replace table children as from first_children")
    new_children(con, 2)
    assert again(con).held > 0
    assert con.execute("select distinct held_since from cell_suppression").fetchall() == [("r0002",)]


def test_a_restated_year_hides_what_differs_by_few(con: duckdb.DuckDBPyConnection) -> None:
    # 40 girls at one school; of their races there are few each
    new_children(con, 40)
    assert again(con).held == 0
    cells = con.execute(
        f"select now.denominator - before.denominator as difference, now.suppression from cell_suppression as now "
        f"inner join shown_values as before using ({KEY}) where before.denominator is not null"
    ).fetchall()
    few = [suppression for difference, suppression in cells if 1 <= abs(difference) < 10]
    assert set(few) == {"suppressed"}
    assert any(difference >= 10 and suppression == "" for difference, suppression in cells)
    # and what was hidden stays so
    (shown_again,) = con.execute(
        f"select count(*) from cell_suppression as now inner join shown_values as before using ({KEY}) "
        "where before.suppression = 'suppressed' and now.suppression <> 'suppressed'"
    ).fetchall()[0]
    assert shown_again == 0


def test_a_delivery_withdrawn_after_release_takes_its_school_along(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from children where school_id = 'school_0'")
    report = again(con)
    assert report.held == 0
    assert con.execute(
        "select count(*) from cell_suppression where geography_id = 'school_0'"
    ).fetchall() == [(0,)]


def test_a_year_without_any_child_left_is_not_shown(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from children where indicator_id = 'indicator_0'")
    con.execute("insert into children by name select * replace (2021 as school_year) from children")
    con.execute("create or replace temp table kept as from shown_values")
    make_rules(con)
    con.execute("insert into shown_values from kept; delete from source_cells")
    assert protect(con).cells == 0


def by_hand(
    con: duckdb.DuckDBPyConnection, counts: dict[tuple[str, str], tuple[int, int]], *indicators: str
) -> None:
    """Table children of so many in all and successes per school and gender, the same for each indicator."""
    rows = [
        f"select 2020 as school_year, '{school}' as school_id, 'd' as district_id, '{gender}' as gender, "
        f"'{indicator}' as indicator_id, i < {successes} as is_success from range({n}) as t(i)"
        for (school, gender), (n, successes) in counts.items()
        for indicator in indicators
    ]
    con.execute("create or replace table children as " + " union all ".join(rows))


def released_by_hand(counts: dict[tuple[str, str], tuple[int, int]]) -> duckdb.DuckDBPyConnection:
    """Release r0001 of indicator_m alone, by gender."""
    con = duckdb.connect()
    by_hand(con, counts, "indicator_m")
    make_cells(con, PLAN)
    protect(con)
    release(con, "r0001")
    return con


def again_by_hand(
    con: duckdb.DuckDBPyConnection, counts: dict[tuple[str, str], tuple[int, int]], *indicators: str
) -> dict[tuple[str, ...], tuple[object, ...]]:
    """What the next release would show: indicator, place, gender -> denominator, numerator."""
    by_hand(con, counts, *indicators)
    con.execute("create or replace temp table kept as from shown_values")
    make_cells(con, PLAN)
    con.execute("insert into shown_values from kept")
    protect(con)
    rows = con.execute(
        "select indicator_id, geography_id, subgroup, if(suppression = 'suppressed', null, denominator), "
        "if(suppression = '', numerator, null) from cell_suppression"
    ).fetchall()
    return {row[:3]: row[3:] for row in rows}


PLAN = {"community": ["all", "gender"], "school": ["all"]}
# the three are hidden with the five, and of 92 everything is shown
TWO_SMALL = {("s1", "a"): (3, 1), ("s1", "b"): (5, 2), ("s1", "c"): (92, 46)}


def test_a_year_whose_hidden_group_is_empty_now_is_held() -> None:
    """The five with the three are all but those whose number was shown, and is as it was."""
    con = released_by_hand(TWO_SMALL)
    after = again_by_hand(con, {("s1", "b"): (8, 3), ("s1", "c"): (92, 46)}, "indicator_m")
    assert after["indicator_m", "riverbend", "a"] == (None, None)  # as before, though nobody is there
    assert after["indicator_m", "riverbend", "c"] == (92, 46)


@pytest.mark.parametrize("new", ["indicator_a", "indicator_z"])
def test_a_new_indicator_of_the_same_children_does_not_tell_what_a_held_year_hides(new: str) -> None:
    con = released_by_hand({**TWO_SMALL, ("s2", "c"): (40, 20)})
    joined = {("s1", "b"): (8, 3), ("s1", "c"): (92, 46), ("s2", "c"): (40, 20)}
    after = again_by_hand(con, joined, "indicator_m", new)
    assert after["indicator_m", "riverbend", "c"] == (132, 66)
    # whatever it showed of the eight, all less c of the held year are these: so it shows nothing yet
    assert {indicator for indicator, *_ in after} == {"indicator_m"}


def test_a_number_is_hidden_that_tells_what_a_band_of_an_earlier_release_was() -> None:
    """Of 50 at most four; of 62, whose twelve more are known, sixteen: all of the twelve, and all of the four."""
    con = released_by_hand({("s1", "a"): (50, 4), ("s1", "b"): (100, 50), ("s1", "c"): (100, 50)})
    before = con.execute("select suppression from shown_values where subgroup = 'a'").fetchall()
    assert before == [("coded_low",)]
    after = again_by_hand(
        con, {("s1", "a"): (62, 16), ("s1", "b"): (100, 50), ("s1", "c"): (100, 50)}, "indicator_m"
    )
    assert after["indicator_m", "riverbend", "a"] == (None, None)


def test_a_number_beside_a_band_is_shown_where_very_many_came() -> None:
    con = released_by_hand({("s1", "a"): (50, 4), ("s1", "b"): (100, 50), ("s1", "c"): (100, 50)})
    after = again_by_hand(
        con, {("s1", "a"): (90, 24), ("s1", "b"): (100, 50), ("s1", "c"): (100, 50)}, "indicator_m"
    )
    assert after["indicator_m", "riverbend", "a"] == (90, 24)


def rounding(con: duckdb.DuckDBPyConnection) -> None:
    """The community rounds groups under 100, and the first release shows it."""
    con.execute("""
        update shown_values set denominator = greatest(1, round(denominator / 10)) * 10, rounded_to = 10, numerator = null,
            value = null, suppression = if(suppression = '', 'rounded', suppression)
        where denominator < 100
    """)


def again_rounded(con: duckdb.DuckDBPyConnection) -> DisclosureReport:
    made_again(con)
    con.execute("update rules set rounded_to = 10, rounded_under = 100")
    return protect(con)


def test_rounded_numbers_of_children_who_did_not_change_hold_nothing(con: duckdb.DuckDBPyConnection) -> None:
    rounding(con)
    ((banded,),) = con.execute(
        "select count(*) from shown_values where rounded_to is not null and suppression like 'coded%'"
    ).fetchall()
    assert banded > 10
    assert again_rounded(con).held == 0


def test_one_late_child_holds_the_year_of_a_community_that_rounds(con: duckdb.DuckDBPyConnection) -> None:
    rounding(con)
    new_children(con, 1)
    assert again_rounded(con).held > 0


def test_of_a_rounded_number_no_child_is_taken(con: duckdb.DuckDBPyConnection) -> None:
    """Where the whole grew by many, a group that grew by two is hidden if it was shown exactly, and else shown."""
    con.execute("create table first_shown as from shown_values; create table first_children as from children")
    groups = f"""
        select count(*), count(*) filter (now.suppression <> 'suppressed') from cell_suppression as now
        inner join first_shown as past using ({KEY}) where past.denominator between 20 and 90
            and abs(now.denominator - past.denominator) between 1 and 9
    """
    new_children(con, 40)
    assert again(con).held == 0
    ((n_grown, n_shown),) = con.execute(groups).fetchall()
    assert (n_grown > 5, n_shown) == (True, 0)
    con.execute("delete from shown_values; insert into shown_values from first_shown")
    rounding(con)
    assert again_rounded(con).held == 0
    ((n_rounded, n_shown),) = con.execute(groups).fetchall()
    assert n_rounded == n_grown
    assert n_shown > 0


def told(con: duckdb.DuckDBPyConnection) -> dict[object, object]:
    """Subgroup -> denominator, of what is shown of the community by race and as a whole."""
    return dict(
        con.execute(
            "select subgroup, denominator from cell_suppression where geography_level = 'community' "
            "and disaggregate in ('all', 'race_ethnicity') and suppression <> 'suppressed'"
        ).fetchall()
    )


def true_numbers(con: duckdb.DuckDBPyConnection) -> dict[object, object]:
    return dict(
        con.execute(
            "select race_ethnicity, count(*) from children where school_year = 2020 group by all "
            "union all select 'all', count(*) from children where school_year = 2020"
        ).fetchall()
    )


def test_numbers_that_were_right_once_come_back_after_wrong_ones(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table right_ones as from children")
    first = shown_now(con)
    new_children(con, 200)
    assert again(con).held == 0
    release(con, "r0002")
    con.execute("create or replace table children as from right_ones")
    assert again(con).held == 0
    shown = told(con)
    assert shown["all"] == 500
    assert shown.items() <= true_numbers(con).items()
    # of what the first release showed nothing is other; what came near to the second may be hidden
    now = {row[:6]: row[6:] for row in shown_now(con)}
    assert all(now[row[:6]] in (row[6:], (None, None, "suppressed")) for row in first)


def test_groups_that_were_mixed_up_are_put_right_though_no_child_came_or_went() -> None:
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        make_children(con, 500, schools=3)
        con.execute("create table right_ones as from children")
        con.execute(
            "update children set race_ethnicity = case race_ethnicity "
            "when 'white' then 'hispanic' when 'hispanic' then 'white' else race_ethnicity end"
        )
        make_cells(con, usual_plan())
        protect(con)
        release(con, "r0001")
        wrong = told(con)
        con.execute("create or replace table children as from right_ones")
        assert again(con).held == 0
        right, true = told(con), true_numbers(con)
        assert wrong["white"] != true["white"]
        assert (right["white"], right["hispanic"]) == (true["white"], true["hispanic"])


def test_a_year_that_is_held_goes_back_to_what_a_release_in_force_showed(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("create table right_ones as from children")
    first = shown_now(con)
    new_children(con, 200)
    again(con)
    release(con, "r0002")
    con.execute("create or replace table children as from right_ones")
    new_children(con, 3)
    assert again(con, "r0002").held > 0
    assert shown_now(con) == first
    assert con.execute("select distinct held_since from cell_suppression").fetchall() == [("r0001",)]


def withdrawn_alone(con: duckdb.DuckDBPyConnection) -> None:
    """The only release there was, of three children too many, is withdrawn."""
    con.execute("create or replace table right_ones as from children")
    new_children(con, 3)
    make_cells(con, usual_plan())
    make_rules(con)
    protect(con)
    release(con, "r0001")
    con.execute("create or replace table children as from right_ones")
    made_again(con, "r0001")


def test_wrong_numbers_of_a_withdrawn_release_do_not_come_back_nor_tell_who_was_too_many() -> None:
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        make_children(con, 500, schools=3)
        withdrawn_alone(con)
        assert protect(con).held == 0
        assert "all" not in told(con)  # 500 beside 503
        assert told(con).items() <= true_numbers(con).items()
        assert told(con)


def test_a_year_that_the_community_holds_is_hidden_where_all_that_was_shown_is_withdrawn() -> None:
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        make_children(con, 500, schools=3)
        withdrawn_alone(con)
        con.execute("insert into holds select distinct community_id, indicator_id, 2020 from source_cells")
        assert protect(con).held > 0
        cells = con.execute(
            "select distinct suppression, denominator, numerator, held_since from cell_suppression where school_year = 2020"
        ).fetchall()
        assert cells == [("suppressed", None, None, "r0001")]
