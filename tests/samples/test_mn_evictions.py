"""Eviction filings of a state by county and month, and people by tract: area measures by two contracts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from ingestion.warehouse_file import attach_warehouse
from tests.conftest import Deployment

pytestmark = [pytest.mark.samples, pytest.mark.slow, pytest.mark.xdist_group("mn_evictions")]

COMMUNITY = """
    community: minnesota
    name: Minnesota
    school_years: {first: 2017, last: 2026}
    collections:
      annual: {maturity: final}
    partners:
      courts: {title: State courts, sector: housing}
"""
AGREEMENTS = """
    agreements:
      open_data: {parties: [courts], purpose: test, extracts: all, starts: 2017-01-01, expires: 2099-12-31}
"""
FILINGS = """
    partner: courts
    entity: area_measure
    title: Eviction filings by county and month, with races estimated from names
    agreement: open_data
    file: mn_evictions.csv
    # a school year is July to June
    school_year: {sql: "try_cast(year as integer) + (try_cast(month as integer) >= 7)::integer"}
    unpivot:
      name: whose
      into:
        filings_of:
          all: filings
          black_or_african_american: filings_black
          white: filings_white
          hispanic_or_latino: filings_latine
          other: filings_other
    columns:
      area_type:    {value: county}
      area_id:      {from: [geoid], required: true}
      area_name:    {from: [county]}
      measure_id:   {value: eviction_filings}
      disaggregate: {sql: "case when whose <> 'all' then 'race_ethnicity' end"}
      subgroup:     {sql: "nullif(whose, 'all')"}
      period:       {sql: "year || '-' || lpad(month, 2, '0')"}
      value_kind:   {value: count}
      value:        {from: [filings_of]}
    ignore: [renters, rate, renters_black, renters_white, renters_latine, renters_other]
    # the first and the last school year have some months only
    tolerance: {year_over_year: 5}
"""
PEOPLE = """
    partner: courts
    entity: area_measure
    label: people
    title: People by tract and race
    agreement: open_data
    file: "tract_race_{school_year}_*.csv"
    rows: {where: "state = 'MN'"}
    unpivot:
      name: whose
      into:
        people:
          all: totraceE
          white: WhiteE
          black_or_african_american: BlackE
          asian: AsianE
          hispanic_or_latino: LatineE
    columns:
      area_type:    {value: tract}
      area_id:      {from: [GEOID], required: true}
      area_name:    {from: [NAME]}
      measure_id:   {value: population}
      disaggregate: {sql: "case when whose <> 'all' then 'race_ethnicity' end"}
      subgroup:     {sql: "nullif(whose, 'all')"}
      value_kind:   {value: count}
      value:        {from: [people]}
    ignore: [pWhite, pAsian, pBlack, pLatine, pOther, NeighType, nt_conc, year]
"""
FOLDER = "mn_evictions_tract"


@pytest.fixture(scope="module")
def minnesota(outside: Callable[[str], Deployment], samples: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse that both files were loaded into, with the files beside it as tables of plain text."""
    here = outside("minnesota")
    here.write("minnesota/community.yml", COMMUNITY)
    here.write("minnesota/agreements.yml", AGREEMENTS)
    here.write("minnesota/extracts/courts__area_measure.yml", FILINGS)
    here.write("minnesota/extracts/courts__area_measure__people.yml", PEOPLE)
    people = samples / FOLDER / "tract_race_2024_MN_CT_Baltimore_Syracuse.csv"
    here.run("load", str(samples / FOLDER / "mn_evictions.csv"), str(people))
    here.run("refresh")
    con = duckdb.connect()
    attach_warehouse(con, Home(here.home))
    con.execute(f"create view sent as from read_csv('{samples / FOLDER / 'mn_evictions.csv'}')")
    con.execute(f"create view people as from read_csv('{people}', types = {{'GEOID': 'VARCHAR'}})")
    con.execute("create view measured as from warehouse.marts.fct_area_measure")
    return con


@pytest.mark.parametrize(
    ("place", "of_measured"),
    [
        ("year::varchar", "left(period, 4)"),
        ("geoid::varchar", "area_id"),
        ("month::varchar", "right(period, 2)::integer::varchar"),
    ],
)
def test_filings_add_up_to_those_of_the_file(
    minnesota: duckdb.DuckDBPyConnection, place: str, of_measured: str
) -> None:
    told = minnesota.execute(
        f"select {place}, sum(filings)::double from sent group by 1 order by 1"
    ).fetchall()
    found = minnesota.execute(
        f"select {of_measured}, sum(value)::double from measured"
        " where measure_id = 'eviction_filings' and area_type = 'county' and subgroup is null group by 1 order by 1"
    ).fetchall()
    assert len(found) > 5
    assert found == told


def test_the_totals_of_the_years_are_those_published(minnesota: duckdb.DuckDBPyConnection) -> None:
    found = minnesota.execute(
        "select left(period, 4), sum(value)::integer from measured"
        " where measure_id = 'eviction_filings' and subgroup is null group by 1 having left(period, 4) < '2026'"
    ).fetchall()
    assert dict(found) == {
        **{"2017": 15101, "2018": 14461, "2019": 14451, "2020": 3773, "2021": 3746},
        **{"2022": 16544, "2023": 17641, "2024": 12632, "2025": 14101},
    }


def test_filings_by_race_add_up_to_a_tenth(minnesota: duckdb.DuckDBPyConnection) -> None:
    found = minnesota.execute(
        "select subgroup, sum(value)::double from measured"
        " where measure_id = 'eviction_filings' and disaggregate = 'race_ethnicity' and left(period, 4) = '2024' group by 1"
    ).fetchall()
    # the file has estimates of many places; the lake keeps four
    assert dict(found) == pytest.approx(
        {"black_or_african_american": 2239.0, "white": 7839.9, "hispanic_or_latino": 1077.0, "other": 1476.1},
        abs=0.1,
    )


def test_a_month_belongs_to_its_school_year(minnesota: duckdb.DuckDBPyConnection) -> None:
    found = minnesota.execute(
        "select min(period), max(period) from measured where measure_id = 'eviction_filings' and school_year = 2024"
    ).fetchall()
    assert found == [("2023-07", "2024-06")]


@pytest.mark.parametrize(
    ("subgroup", "column"), [(None, "totraceE"), ("white", "WhiteE"), ("asian", "AsianE")]
)
def test_people_per_tract_are_those_of_the_file(
    minnesota: duckdb.DuckDBPyConnection, subgroup: str | None, column: str
) -> None:
    differing = minnesota.execute(
        f"""
        select count(*) filter (value is distinct from {column}), count(*)
        from (select geoid, {column} from people where state = 'MN')
        full join (select * from measured where area_type = 'tract' and subgroup is not distinct from $1)
            on geoid = area_id
        """,
        [subgroup],
    ).fetchall()
    assert differing == [(0, 1505)]
