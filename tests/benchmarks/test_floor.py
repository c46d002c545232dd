"""The floor and pandas count the same children as the truth that the made-up community was written from."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks import floor, in_pandas
from benchmarks.agreement import Agreement, floor_and_pandas
from benchmarks.riverbend import codes
from synthetic import write_community
from synthetic.manifest import Manifest

CHILDREN = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """So few children that dirt is planted in nothing but marks."""
    return write_community(tmp_path_factory.mktemp("made"), children_per_year=CHILDREN, with_sectors=False)


@pytest.fixture(scope="module")
def cells(made: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("floor")
    floor.cells(made.folder / "deliveries", folder, folder / "floor.parquet")
    return folder / "floor.parquet"


def test_floor_counts_chronic_absence_as_the_truth_has_it(made: Manifest, cells: Path) -> None:
    with duckdb.connect() as con:
        differences = con.execute(
            f"""
            with truth as (
                select school_year, collection, organization_id as geography_id, gender as subgroup,
                    count(*) as denominator,
                    count(*) filter (days_absent >= 0.10 * days_enrolled) as numerator
                from '{made.table("student_year")}' where days_enrolled >= 10 group by all
            ),
            counted as (
                select school_year, collection, geography_id, subgroup, denominator, numerator
                from '{cells}'
                where definition_version = 'ten_percent' and geography_level = 'school'
                    and disaggregate = 'gender'
            )
            select count(*)
            from truth full join counted using (school_year, collection, geography_id, subgroup)
            where truth.denominator is distinct from counted.denominator
                or truth.numerator is distinct from counted.numerator
            """
        ).fetchall()
    assert differences == [(0,)]


def test_floor_has_every_indicator_disaggregate_and_level(cells: Path) -> None:
    with duckdb.connect() as con:
        found = con.execute(
            "select count(distinct indicator_id), count(distinct (indicator_id, definition_version)),"
            f" count(distinct disaggregate), count(distinct geography_level) from '{cells}'"
        ).fetchall()
    # chronic absence has three versions, on track and suspension have two; 1 + 7 + 21 disaggregates
    assert found == [(6, 10, 29, 3)]


def test_pandas_counts_what_the_floor_counts(made: Manifest, cells: Path, tmp_path: Path) -> None:
    n_cells = in_pandas.cells(made.folder / "deliveries", tmp_path, tmp_path / "pandas.parquet")
    assert floor_and_pandas(cells, tmp_path / "pandas.parquet") == Agreement(n_cells, n_cells, too_far=0)


def test_one_cell_too_many_is_seen(cells: Path, tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"copy (from '{cells}' offset 1) to '{tmp_path}/others.parquet'")
    assert floor_and_pandas(cells, tmp_path / "others.parquet").too_far == 1


def test_codes_come_with_the_years_in_which_they_hold() -> None:
    assert ("4", "white", 0, 2021) in codes("river_city_schools", "race_ethnicity")
    assert ("5", "white", 2022, 9999) in codes("river_city_schools", "race_ethnicity")
