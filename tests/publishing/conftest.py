"""A small warehouse whose marts are made by hand, and dbt building schema published on it in this process."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from cell_tables import make_cells, make_children, usual_plan

from ingestion.home import Home
from ingestion.warehouse_file import open_warehouse
from publishing.dbt_project import DBT_PROJECT
from publishing.registry_tables import write_registry_tables
from publishing.release import prepare_release
from tests.dbt_in_process import parse_project, problems, run_dbt
from tests.warehouse_to_write import write_warehouse


class SmallWarehouse:
    """A home with marts of `children` made-up children a year, two indicators and three school years."""

    def __init__(self, root: Path, manifest: Any, children: int = 600) -> None:
        self.home = Home(root).create()
        self.manifest = manifest
        self.home.dbt_target.mkdir(parents=True, exist_ok=True)
        self._write_reference()
        self._write_identity()
        self._write_marts(children)
        self.dbt("seed")

    def copied(self, root: Path) -> SmallWarehouse:
        """The same in another home."""
        copy = SmallWarehouse.__new__(SmallWarehouse)
        copy.home, copy.manifest = Home(root), self.manifest
        shutil.copytree(self.home.root, root, symlinks=True)
        return copy

    def _write_reference(self) -> None:
        write_registry_tables(self.home, DBT_PROJECT, {"riverbend": "all"})
        with duckdb.connect() as con:
            for table, sql in {
                "communities": "select 'riverbend' as community_id, 'Riverbend' as community_name, "
                "10 as minimum_denominator",
                "disclosure_rules": "select 'riverbend' as community_id, true as shows_bands, 4 as band_smallest, "
                "0.05::double as band_share, 'counts' as shows, null::integer as rounded_to, "
                "null::integer as rounded_under",
                "disclosure_folds": "select ''::varchar as community_id, '' as geography_level, '' as disaggregate, "
                "'' as subgroup, '' as folded_subgroup limit 0",
                "disclosure_protected_last": "select '' as community_id, '' as disaggregate, '' as subgroup limit 0",
                "disclosure_holds": "select '' as community_id, '' as indicator_id, 0 as school_year limit 0",
                "disclosure_implications": "select '' as community_id, '' as disaggregate, '' as subgroup, "
                "'' as implied_disaggregate, '' as implied_subgroup limit 0",
                "area_indicators": "select 'riverbend' as community_id, 'in_work' as area_indicator_id, "
                "'In work' as title, 'employment' as outcome, 'tract' as area_type, 'part' as measure_id, "
                "'whole' as denominator_measure_id",
                "indicator_owners": "select unnest(['riverbend', 'hillside', 'lakeside']) as community_id, "
                "'chronic_absence' as indicator_id, "
                "unnest(['Attendance network', 'Absence team', 'Attendance network']) as owner",
                "targets": "select 'riverbend' as community_id, 'early_grade_reading' as indicator_id, "
                "'all' as disaggregate, 'all' as subgroup, 2025 as school_year, 0.60::double as target",
            }.items():
                con.sql(sql).write_parquet(str(self.home.reference_file(table)))
            plan = [(level, name) for level, names in usual_plan().items() for name in names]
            con.execute("create table plan (geography_level varchar, disaggregate varchar)")
            con.executemany("insert into plan values (?, ?)", plan)
            con.sql("select 'riverbend' as community_id, * from plan").write_parquet(
                str(self.home.reference_file("publication_plan"))
            )

    def _write_identity(self) -> None:
        self.home.identity.mkdir(exist_ok=True)
        with duckdb.connect() as con:
            for file, columns in (
                (
                    "person_changes",
                    "null::varchar as person_id, null::varchar as other_person_id, "
                    "now()::timestamp as changed_at",
                ),
                (
                    "place_links",
                    "null::varchar as community_id, null::varchar as account_id, null::varchar as place_id",
                ),
            ):
                con.sql(f"select {columns} limit 0").write_parquet(
                    str(self.home.identity / f"{file}.parquet")
                )

    def _write_marts(self, children: int) -> None:
        with write_warehouse(self.home) as con:
            make_children(con, children, years=3, indicators=2)
            make_cells(con, usual_plan())
            con.execute("create schema marts")
            first = "indicator_id = 'indicator_0'"
            con.execute(
                "create table marts.indicator_cells as select * replace ("
                f"if({first}, 'chronic_absence', 'early_grade_reading') as indicator_id, "
                f"if({first}, 'ten_percent', 'proficient') as definition_version) from source_cells"
            )
            con.execute(
                "create table marts.dim_school as "
                "select community_id, school_id as organization_id, district_id, "
                "'School ' || school_id as school_name, 'The ' || district_id as district_name, "
                "'elementary' as school_level from school_districts"
            )
            con.execute(
                "create schema intermediate; create table intermediate.int_cell_years as "
                "select school_year, 'as made' as inputs_hash from source_cells group by all"
            )
            con.execute(
                "create table marts.fct_student_year as select '' as community_id, 0 as school_year, '' as zip_code, "
                "'' as tract_id limit 0"
            )
            con.execute(_LOADS)
            con.execute(_OTHERS)
            made = con.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
            for (table,) in made:
                con.execute(f"drop table {table}")

    def dbt(self, *arguments: str) -> None:
        result = run_dbt(self.manifest, self.home, *arguments)
        assert result.success, problems(result)

    def build_published(self, notes: str = "") -> str:
        """Everything between the marts and a release; the id prepared."""
        release_id = prepare_release(self.home, notes)
        layers = ("path:models/disclosure", "path:models/published")
        self.dbt("build", "--select", *layers, "--exclude-resource-types", "unit_test")
        return release_id

    def change(self, sql: str) -> None:
        with write_warehouse(self.home) as con:
            con.execute(sql)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with open_warehouse(self.home) as con:
            return con.execute(sql).fetchall()


_LOADS = """
create table marts.load_history as
select
    'load_' || i as load_id, 'north__attendance' as extract_id, 'riverbend' as community_id,
    'north' as partner_id, 'attendance' as entity, (2020 + i)::integer as school_year, 'annual' as collection,
    'attendance.csv' as file_name, 'abc' as sha256, timestamp '2025-08-01 12:00:00' as received_at,
    if(i = 2, 'rejected', 'accepted') as state, 600::bigint as n_rows, 3::bigint as n_quarantined
from range(4) as r(i);
create table marts.load_quality as
select
    load_id, 'days_absent between' as rule, 'expect_column_values_to_be_between' as expectation,
    'days_absent' as column_name, 'quarantine' as severity, false as is_passed, 3::bigint as n_violations,
    0.005::double as violation_share
from marts.load_history where school_year < 2023
"""


# a year that is missing of what was told before, and a program of which enough matched, with one third that did not
_OTHERS = """
create table intermediate.int_incomplete_years as
select 'riverbend' as community_id, 'chronic_absence' as indicator_id, 2026::integer as school_year,
    'annual' as collection;
create table intermediate.int_indicator_outcomes as
select 'riverbend' as community_id, 'p1' as person_id, 2024::integer as school_year, 'annual' as collection,
    'north:1' as organization_id, 'chronic_absence' as indicator_id, 'ten_percent' as definition_version,
    true as is_success;
create table marts.fct_area_measure as
select 'riverbend' as community_id, 'census' as partner_id, 2025::integer as school_year, 'annual' as collection,
    'tract' as area_type, area_id, null::varchar as area_name, measure_id, null::varchar as disaggregate,
    null::varchar as subgroup, null::varchar as period, 'count' as value_kind,
    value::decimal(18, 4) as value, null::decimal(18, 4) as value_low, null::decimal(18, 4) as value_high,
    margin::decimal(18, 4) as margin_of_error, 0.90::decimal(18, 4) as confidence_level,
    false as is_suppressed, 'l' as _load_id, 1::bigint as _row_number
from (values ('1', 'part', 60, 20), ('1', 'whole', 80, 10), ('2', 'part', 10, 1), ('2', 'whole', 80, 40),
    ('3', 'part', 22, 11), ('3', 'whole', 54, 27))
    as told (area_id, measure_id, value, margin);
create table marts.dim_program as
select 'riverbend' as community_id, 'club:' || name as program_id, upper(name) as program_name,
    'tutoring' as program_type
from (values ('reading'), ('chess'), ('choir'), ('pairs'), ('rare_pairs')) as listed (name);
create table marts.program_comparisons as
select 'riverbend' as community_id, 'club:' || program as program_id, 2025::integer as school_year,
    'chronic_absence' as indicator_id, 'ten_percent' as definition_version, dosage,
    if(ends_with(program, 'pairs'), 'propensity', 'exact') as method, n_matched::bigint as n_participants,
    n_matched::bigint as n_matched, if(ends_with(program, 'pairs'), n_matched, 400)::bigint as n_comparisons,
    n_true::bigint as n_matched_successful, n_true / n_matched as participant_rate,
    if(program = 'rare_pairs', round(4 / 13, 10), 0.25)::double as comparison_rate, 0.05::double as standard_error,
    0.1::double as absence_before_points, if(program = 'chess', 0.104, 0.096)::double as largest_difference_sd
from (values ('reading', 'all', 90, 27), ('reading', 'low', 30, 9), ('reading', 'middle', 30, 9),
    ('reading', 'high', 30, 9), ('chess', 'all', 60, 15), ('chess', 'low', 20, 8), ('chess', 'middle', 20, 3),
    ('chess', 'high', 20, 8), ('choir', 'all', 9, 5), ('8210034', 'all', 9, 5), ('pairs', 'all', 90, 27), ('rare_pairs', 'all', 13, 6)) as told (program, dosage, n_matched, n_true)
"""


@pytest.fixture(scope="session")
def published_manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create())


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory, published_manifest: Any) -> SmallWarehouse:
    """Built once and never released; no test changes it."""
    small = SmallWarehouse(tmp_path_factory.mktemp("home"), published_manifest)
    small.build_published("first release")
    return small


@pytest.fixture
def here(warehouse: SmallWarehouse, tmp_path: Path) -> SmallWarehouse:
    """A copy, for what a test changes."""
    return warehouse.copied(tmp_path / "home")
