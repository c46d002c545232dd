"""Models by_school_year make the years that changed, keep the others as they stand, and drop those that are gone."""

from __future__ import annotations

import pytest

from tests.publishing.conftest import SmallWarehouse

YEARS = "select school_year, count(*), count(*) filter (suppression = 'as it stood') from disclosure.cell_suppression"


@pytest.fixture
def here(here: SmallWarehouse) -> SmallWarehouse:
    """The small warehouse with decisions that nobody made, so that it shows which are made anew."""
    here.dbt("run", "--select", "cell_suppression")
    here.change("update disclosure.cell_suppression set suppression = 'as it stood'")
    return here


def test_a_year_of_which_nothing_changed_stays_as_it_stands(here: SmallWarehouse) -> None:
    (first, n_first, _), (second, n_second, _), (third, n_third, _) = here.query(
        f"{YEARS} group by all order by 1"
    )
    here.change(
        f"update intermediate.int_cell_years set inputs_hash = 'another' where school_year = {second};"
        f"delete from intermediate.int_cell_years where school_year = {third}"
    )
    here.dbt("run", "--select", "cell_suppression")
    assert here.query(f"{YEARS} group by all order by 1") == [
        (first, n_first, n_first),
        (second, n_second, 0),
    ]
    assert n_third > 0


def test_with_every_year_made_anew_the_table_is_another(here: SmallWarehouse) -> None:
    here.change(
        "update intermediate.int_cell_years set inputs_hash = 'another';"
        "alter table disclosure.cell_suppression add column of_another_release integer"
    )
    here.dbt("run", "--select", "cell_suppression")
    assert [kept for _, _, kept in here.query(f"{YEARS} group by all")] == [0, 0, 0]
    columns = here.query("select column_name from duckdb_columns() where table_name = 'cell_suppression'")
    assert ("of_another_release",) not in columns
