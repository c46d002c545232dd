"""The floor and pandas count the same children as the truth that the made-up community was written from."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks import floor, in_pandas
from benchmarks.agreement import Agreement, floor_and_pandas, floor_and_warehouse
from benchmarks.riverbend import PAIRED, PAIRS, UNPAIRED, codes
from ingestion.home import Home
from synthetic import write_community
from synthetic.manifest import Manifest
from tests.warehouse_to_write import write_warehouse

CHILDREN = 300
SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "disaggregates.csv"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """So few children that dirt is planted in nothing but marks."""
    return write_community(tmp_path_factory.mktemp("made"), children_per_year=CHILDREN, with_sectors=False)


@pytest.fixture(scope="module")
def cells(made: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("floor")
    floor.cells(made.folder / "deliveries", folder, folder / "floor.parquet")
    return folder / "floor.parquet"


def differences_from_truth(cells: Path, truth: str, where: str) -> int:
    """Cells of chronic absence that are not as `truth` has them: year, collection, place, subgroup, counts."""
    with duckdb.connect() as con:
        found = con.execute(
            f"""
            with truth as ({truth}),
            counted as (
                select school_year, collection, geography_id, subgroup, denominator, numerator
                from '{cells}' where definition_version = 'ten_percent' and {where}
            )
            select count(*), count(*) filter (
                truth.denominator is distinct from counted.denominator
                or truth.numerator is distinct from counted.numerator
            )
            from truth full join counted using (school_year, collection, geography_id, subgroup)
            """
        ).fetchone()
    assert found is not None
    assert found[0] > 0
    return int(found[1])


ABSENT = "count(*) as denominator, count(*) filter (days_absent >= 0.10 * days_enrolled) as numerator"


def test_floor_counts_chronic_absence_as_the_truth_has_it(made: Manifest, cells: Path) -> None:
    truth = f"""
        select school_year, collection, organization_id as geography_id, gender as subgroup, {ABSENT}
        from '{made.table("student_year")}' where days_enrolled >= 10 group by all"""
    assert differences_from_truth(cells, truth, "geography_level = 'school' and disaggregate = 'gender'") == 0


@pytest.mark.parametrize(
    ("told", "disaggregate"),
    [
        ("home_language", "home_language"),
        # a child of several races is in each of their groups, and asked as one question Hispanic is one of them
        (
            "case when contains(person.race_ethnicity, 'asian') then 'yes'"
            " when person.race_ethnicity is null and hispanic_ethnicity is distinct from 'yes' then 'unknown' else 'no' end",
            "asian_in_combination",
        ),
    ],
)
def test_floor_counts_what_the_person_files_tell(
    made: Manifest, cells: Path, told: str, disaggregate: str
) -> None:
    truth = f"""
        select student_year.school_year, student_year.collection, 'riverbend' as geography_id, {told} as subgroup, {ABSENT}
        from '{made.table("student_year")}' as student_year
        join '{made.table("person")}' as person using (true_person_id, school_year, collection, partner_id)
        where days_enrolled >= 10 group by all"""
    where = f"geography_level = 'community' and disaggregate = '{disaggregate}'"
    assert differences_from_truth(cells, truth, where) == 0


def test_floor_counts_children_where_their_schools_say_they_live(made: Manifest, cells: Path) -> None:
    truth = f"""
        select student_year.school_year, student_year.collection, coalesce(zip_code, 'unknown') as geography_id,
            'all' as subgroup, {ABSENT}
        from '{made.table("student_year")}' as student_year
        left join '{made.table("person")}' as person using (true_person_id, school_year, collection, partner_id)
        where days_enrolled >= 10 group by all"""
    assert differences_from_truth(cells, truth, "geography_level = 'zip' and disaggregate = 'all'") == 0


def test_floor_has_every_indicator_disaggregate_and_level(cells: Path) -> None:
    with duckdb.connect() as con:
        found = con.execute(
            "select count(distinct indicator_id), count(distinct (indicator_id, definition_version)),"
            f" count(distinct disaggregate), count(distinct geography_level) from '{cells}'"
        ).fetchall()
        sets = con.execute(
            f"select geography_level, count(distinct disaggregate) from '{cells}' group by all"
        ).fetchall()
    # chronic absence has three versions, on track and suspension have two; 1 + 22 + 55 disaggregates
    assert found == [(6, 10, 78, 5)]
    # where children live no pairs are made
    assert dict(sets) == {"school": 78, "district": 78, "community": 78, "zip": 23, "tract": 23}


def test_floor_counts_by_the_disaggregates_of_the_pipeline() -> None:
    """A new one must come to the floor and to pandas too, or the comparison is of unlike things."""
    with duckdb.connect() as con:
        seed = con.execute(
            f"""
            select disaggregate_id, allowed_in_pairs from '{SEED}'
            where told_by is null  -- Riverbend has no file of neighborhoods
            order by sort_order
            """
        ).fetchall()
    paired = [disaggregate for disaggregate, in_pairs in seed if in_pairs]
    assert sorted(PAIRED) == sorted(paired)
    assert sorted(UNPAIRED) == sorted(disaggregate for disaggregate, in_pairs in seed if not in_pairs)
    order = [disaggregate for disaggregate, _ in seed]
    assert all(order.index(one) < order.index(two) for one, two in PAIRS)


def test_pandas_counts_what_the_floor_counts(made: Manifest, cells: Path, tmp_path: Path) -> None:
    n_cells = in_pandas.cells(made.folder / "deliveries", tmp_path, tmp_path / "pandas.parquet")
    assert floor_and_pandas(cells, tmp_path / "pandas.parquet") == Agreement(n_cells, n_cells, too_far=0)


def test_one_cell_too_many_is_seen(cells: Path, tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"copy (from '{cells}' offset 1) to '{tmp_path}/others.parquet'")
    assert floor_and_pandas(cells, tmp_path / "others.parquet").too_far == 1


def test_a_disaggregate_that_only_milepost_counts_is_too_far(cells: Path, tmp_path: Path) -> None:
    """Nobody was held back, and in one direction or the other all of its cells are missing."""
    home = Home(tmp_path)
    with write_warehouse(home) as con:
        con.execute(
            "create table memory.dirt (indicator_id varchar, school_year int, collection varchar, rows_held_back int)"
        )
        con.execute(f"copy (select * exclude (indicator_id) from memory.dirt) to '{tmp_path}/dirt.parquet'")
        con.execute("create schema warehouse.marts")
        con.execute(f"create table warehouse.marts.indicator_cells as from '{cells}'")
        con.execute(
            f"copy (from '{cells}' where disaggregate <> 'migrant' and geography_level <> 'tract')"
            f" to '{tmp_path}/fewer.parquet'"
        )
        missing = con.execute(
            f"select count(*) from '{cells}' where disaggregate = 'migrant' or geography_level = 'tract'"
        ).fetchone()
    dirt = tmp_path / "dirt.parquet"
    assert floor_and_warehouse(cells, home, dirt).too_far == 0
    assert missing is not None
    assert floor_and_warehouse(tmp_path / "fewer.parquet", home, dirt).too_far == missing[0]


def test_codes_come_with_the_years_in_which_they_hold() -> None:
    assert ("4", "white", 0, 2021) in codes("river_city_schools", "race_ethnicity")
    assert ("5", "white", 2022, 9999) in codes("river_city_schools", "race_ethnicity")
