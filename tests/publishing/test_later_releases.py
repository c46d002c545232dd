"""A school year that was shown before: what a later release may show of it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from cell_tables import make_cells, make_children, make_rules, usual_plan

from publishing.disclosure import DisclosureReport, protect
from publishing.disclosure.cells import PLANNED
from publishing.disclosure.earlier import EARLIER, HOLD_MORE

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
        select * exclude (is_small, is_narrow, is_settled, held_since, denominator_tables, numerator_tables) replace (
            if(suppression = 'suppressed', null, denominator) as denominator,
            if(suppression = '', numerator, null) as numerator, 'final' as data_maturity
        ), if(suppression = '', numerator / denominator, null) as value,
        '{release_id}' as first_release_id, '{release_id}' as last_release_id
        from cell_suppression
        """
    )


def again(con: duckdb.DuckDBPyConnection) -> DisclosureReport:
    """The cells of table children as it is now, protected against what was shown."""
    con.execute("create or replace temp table kept as from shown_values")
    make_cells(con, usual_plan())
    make_rules(con)
    con.execute("insert into shown_values from kept")
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
    con.execute("create or replace temp table kept as from shown_values")
    make_cells(con, usual_plan())
    make_rules(con)
    con.execute("insert into shown_values from kept")
    con.execute("insert into holds select 'riverbend', 'indicator_0', 2020")
    assert protect(con).held > 0
    before = con.execute(f"{SHOWN} where indicator_id = 'indicator_0' order by all").fetchall()
    now = con.execute(
        f"select {KEY}, if(suppression = 'suppressed', null, denominator), if(suppression = '', numerator, null), "
        "suppression from cell_suppression where indicator_id = 'indicator_0' order by all"
    ).fetchall()
    assert now == before


def test_a_year_that_cannot_be_restated_is_held(con: duckdb.DuckDBPyConnection) -> None:
    new_children(con, 40)
    assert again(con).held == 0
    # as if one of its numbers could not be kept open
    concerned = "select cell_id from stage_cell inner join problem on block = problem_id limit 1"
    cells = [cell for (cell,) in con.execute(concerned).fetchall()]
    assert len(con.execute(HOLD_MORE, {"cells": cells}).fetchall()) == 1
    assert con.execute(HOLD_MORE, {"cells": cells}).fetchall() == []
    for statement in (*PLANNED, *EARLIER):
        con.execute(statement)
    ((indicator,),) = con.execute("select distinct indicator_id from held_rows").fetchall()
    assert con.execute("select count(*) from planned where indicator_id = ?", [indicator]).fetchall() == [
        (0,)
    ]


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
