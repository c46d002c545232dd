"""A public HMIS demo export, hashed: its counts through dbt against those computed apart from Milepost."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.home import Home
from ingestion.warehouse_file import open_warehouse
from tests.conftest import Deployment

pytestmark = [pytest.mark.samples, pytest.mark.slow, pytest.mark.xdist_group("hmis_eva")]

COMMUNITY = """
    community: county
    name: County
    school_years: {first: 2021, last: 2023}
    collections:
      annual: {maturity: final}
    partners:
      coc: {title: Continuum of care, sector: housing}
"""
AGREEMENTS = """
    agreements:
      demo: {parties: [coc], purpose: test, extracts: all, starts: 2018-01-01, expires: 2099-12-31}
"""
CONTRACT = """
    partner: coc
    layout: hmis_csv_2026
    agreement: demo
    file: demo.zip
"""
FIRST, LAST = "date '2021-10-01'", "date '2022-09-30'"
# the rules are those of docs/standards/hmis.md, over the staged tables
ACTIVE = f"""
    select
        *,
        date_sub('year', birth_date, greatest(entry_date, {FIRST})) as age,
        date_sub('year', birth_date, greatest(min(entry_date) over (partition by student_id), {FIRST})) as first_age
    from staging.hmis__enrollment
    inner join staging.hmis__person on student_id = personal_id
    where entry_date <= {LAST} and (exit_date is null or exit_date >= {FIRST})
"""
RACES = {
    "american_indian_or_alaska_native": "AmIndAKNative",
    "asian": "Asian",
    "black_or_african_american": "BlackAfAmerican",
    "hispanic_or_latino": "HispanicLatinao",
    "native_hawaiian_or_pacific_islander": "NativeHIPacific",
    "white": "White",
    "unknown": "Unknown",
    None: "Unknown",
}


@pytest.fixture(scope="module")
def county(outside: Callable[[str], Deployment], samples: Path) -> Deployment:
    here = outside("county")
    here.write("county/community.yml", COMMUNITY)
    here.write("county/agreements.yml", AGREEMENTS)
    here.write("county/extracts/coc__hmis_csv_2026.yml", CONTRACT)
    here.run("load", str(samples / "hmis_eva_demo" / "demo.zip"))
    here.run("refresh")
    return here


@pytest.fixture(scope="module")
def warehouse(county: Deployment) -> duckdb.DuckDBPyConnection:
    return open_warehouse(Home(county.home))


def one(warehouse: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    (row,) = warehouse.execute(sql).fetchall()
    return row


def expected(samples: Path, name: str) -> list[dict[str, str]]:
    with (samples / "hmis_eva_demo" / "expected" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_enrollments_people_and_households_of_the_year(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = f"select count(*), count(distinct student_id), count(distinct household_id) from ({ACTIVE})"
    assert one(warehouse, counted) == (2163, 1977, 1333)


def test_entries_exits_and_exits_to_permanent_housing(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = f"""
        -- a stay is a row of each school year it touches; July begins one
        select
            count(*) filter (entry_date between {FIRST} and {LAST} and year(entry_date + 184) = school_year),
            count(*) filter (is_exit),
            count(*) filter (is_exit and exit_destination = 'permanent')
        from (
            select *, exit_date between {FIRST} and {LAST} and year(exit_date + 184) = school_year as is_exit
            from marts.fct_housing_episode
        )
    """
    assert one(warehouse, counted) == (1652, 1682, 1079)


def test_households_by_who_lives_in_them(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = f"""
        select
            count(*) filter (has_child and has_adult),
            count(*) filter (has_child and not has_adult),
            count(*) filter (has_adult and not has_child)
        from (
            select coalesce(bool_or(age < 18), false) as has_child, coalesce(bool_or(age >= 18), false) as has_adult
            from ({ACTIVE})
            group by household_id
        )
    """
    assert one(warehouse, counted) == (312, 50, 970)


def test_people_by_race_and_age(warehouse: duckdb.DuckDBPyConnection, samples: Path) -> None:
    rows = warehouse.execute(
        f"""
        select
            race_ethnicity,
            case
                when first_age is null then 'unknown' when first_age < 5 then '0-4' when first_age < 18 then '5-17'
                when first_age < 25 then '18-24' else '25+'
            end as age_band,
            count(distinct student_id)
        from ({ACTIVE})
        group by all
        """
    ).fetchall()
    counted: dict[tuple[str, str], int] = {}
    for races, band, people in rows:
        several = races is not None and ";" in races
        is_hispanic = several and "hispanic_or_latino" in races
        race = (
            RACES[races] if not several else "Multi incl. Hispanic" if is_hispanic else "Multi not Hispanic"
        )
        counted[race, band] = counted.get((race, band), 0) + people
    bands = ("0-4", "5-17", "18-24", "25+", "unknown")
    table = expected(samples, "people_active_in_period_by_race_ageband.csv")
    told = {(row["race"], band): int(row[band]) for row in table for band in bands if int(row[band])}
    assert counted == told
    totals = {band: sum(n for (_, of), n in counted.items() if of == band) for band in bands}
    assert totals == {"0-4": 227, "5-17": 410, "18-24": 196, "25+": 1138, "unknown": 6}


def test_active_enrollments_by_type_of_project(warehouse: duckdb.DuckDBPyConnection, samples: Path) -> None:
    rows = warehouse.execute(
        f"""
        select
            project_type, count(*), count(distinct student_id),
            count(*) filter (age < 18)  -- its column children counts stays
        from ({ACTIVE})
        group by all
        """
    ).fetchall()
    table = expected(samples, "active_by_project_type.csv")
    assert {str(row[0]): row[1:] for row in rows} == {
        row["ProjectType"]: (int(row["enrollments"]), int(row["people"]), int(row["children"]))
        for row in table
    }


def test_every_number_of_hud_is_conformed(warehouse: duckdb.DuckDBPyConnection) -> None:
    unmapped = " or ".join(
        f"{column} = 'unmapped'"
        for column in ("project_type", "relationship_to_head", "prior_living_situation", "exit_destination")
    )
    assert one(warehouse, f"select count(*) from marts.fct_housing_episode where {unmapped}") == (0,)


def test_no_hash_becomes_a_name(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = (
        "select count(*), count(first_name), count(middle_name), count(last_name) from staging.hmis__person"
    )
    assert one(warehouse, counted) == (4146, 0, 0, 0)


def test_every_client_is_one_person(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = "select count(*), count(distinct person_id) from staging.stg_person"
    assert one(warehouse, counted) == (4146, 4146)


def test_a_stay_is_a_fact_of_each_school_year_of_the_community(warehouse: duckdb.DuckDBPyConnection) -> None:
    # in plain SQL over the stays: the export tells of 2019-20 to 2022-23, and the community takes 2021 and later
    told = """
        select count(*)
        from staging.hmis__enrollment, (values (2021), (2022), (2023)) as years (ending)
        where entry_date < make_date(ending, 7, 1)
            and (exit_date is null or exit_date >= make_date(ending - 1, 7, 1))
    """
    assert one(warehouse, "select count(*) from marts.fct_housing_episode") == one(warehouse, told)


def test_a_member_too_few_leaves_what_is_in_force(county: Deployment, samples: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(samples / "hmis_eva_demo" / "demo.zip", tmp_path / "demo")
    (tmp_path / "demo" / "Exit.csv").unlink()
    raw = {path: path.stat().st_mtime_ns for path in (county.home / "raw").rglob("*.parquet")}
    done = county.call("load", tmp_path / "demo")
    assert done.exit_code != 0
    assert "has no Exit.csv" in " ".join(done.output.split())
    assert {path: path.stat().st_mtime_ns for path in (county.home / "raw").rglob("*.parquet")} == raw
