"""Made-up children and the cells they add up to: the inputs of disclosure control without a warehouse."""

from itertools import combinations

import duckdb

SHARES = {
    "race_ethnicity": {"white": 55, "hispanic": 24, "black": 12, "asian": 6, "native": 2, "unknown": 1},
    "gender": {"female": 49, "male": 50, "nonbinary": 1},
    "disability": {"yes": 14, "no": 86},
    "foster_care": {"yes": 1, "no": 99},
}


def make_children(
    con: duckdb.DuckDBPyConnection,
    children: int,
    *,
    districts: int = 2,
    schools: int = 6,
    years: int = 1,
    indicators: int = 1,
    seed: int = 1,
) -> None:
    """Table children: one row per child, school year and indicator, the same children for every indicator."""
    picks = ", ".join(f"{_pick(column, seed)} as {column}" for column in SHARES)
    con.execute(
        f"""
        create or replace table children as
        with people as (
            select
                child, (2020 + year)::integer as school_year, {picks},
                (hash(child, year, {seed}) % {schools})::integer as school
            from range({children}) as c(child), range({years}) as y(year)
        )
        select
            people.*, 'school_' || school as school_id, 'district_' || (school % {districts}) as district_id,
            'indicator_' || indicator as indicator_id,
            hash(child, school_year, indicator, {seed}) % 100
                < 5 + 13 * (indicator % 8) + 15 * (gender = 'male')::integer as is_success
        from people, range({indicators}) as i(indicator)
        """
    )


def make_cells(
    con: duckdb.DuckDBPyConnection,
    plan: dict[str, list[str]],
    *,
    minimum: int = 10,
) -> None:
    """The inputs of `protect` from table children; `plan` is level -> disaggregates."""
    levels = {"community": "'riverbend'", "district": "district_id", "school": "school_id"}
    parts = [
        f"""select 'riverbend' as community_id, indicator_id, 'v1' as definition_version, school_year,
            'annual' as collection, 'final' as data_maturity, '{level}' as geography_level,
            {levels[level]} as geography_id, '{disaggregate}' as disaggregate,
            {_subgroup(disaggregate)} as subgroup,
            count(*) as denominator, count(*) filter (is_success) as numerator
            from children group by all"""
        for level, disaggregates in plan.items()
        for disaggregate in disaggregates
    ]
    con.execute("create or replace table source_cells as " + " union all ".join(parts))
    make_rules(con, minimum)
    con.execute(
        "create or replace table school_districts as "
        "select distinct 'riverbend' as community_id, school_id, district_id from children"
    )


def make_rules(con: duckdb.DuckDBPyConnection, minimum: int = 10) -> None:
    """The other inputs of `protect` for table source_cells: everything in it is published, by the usual rules."""
    con.execute(
        f"""
        create or replace table plan as select distinct community_id, geography_level, disaggregate from source_cells;
        create or replace table selection as select distinct community_id, indicator_id from source_cells;
        create or replace table rules as select 'riverbend' as community_id, {minimum} as minimum_denominator,
            true as shows_bands, 4 as band_smallest, 0.05::double as band_share, 'counts' as shows,
            null::integer as rounded_to, null::integer as rounded_under;
        create or replace table default_definitions as
            select distinct indicator_id, definition_version from source_cells;
        create or replace table coverages (indicator_id varchar);
        create or replace table folds (community_id varchar, geography_level varchar, disaggregate varchar,
            subgroup varchar, folded_subgroup varchar);
        create or replace table protected_last (community_id varchar, disaggregate varchar, subgroup varchar);
        create or replace table implications (community_id varchar, disaggregate varchar, subgroup varchar,
            implied_disaggregate varchar, implied_subgroup varchar);
        create or replace table holds (community_id varchar, indicator_id varchar, school_year integer);
        create or replace table residences (community_id varchar, school_year integer, zip_code varchar, tract_id varchar);
        create or replace table withdrawn (release_id varchar);
        create or replace table shown_values (community_id varchar, indicator_id varchar, definition_version varchar,
            school_year integer, collection varchar, geography_level varchar, geography_id varchar,
            disaggregate varchar, subgroup varchar, data_maturity varchar, denominator bigint, numerator bigint,
            rounded_to integer, value double, value_low double, value_high double, value_kind varchar, suppression varchar, first_release_id varchar,
            last_release_id varchar);
        """
    )


def pairs(names: list[str]) -> list[str]:
    return [f"{first}_x_{second}" for first, second in combinations(names, 2)]


def usual_plan() -> dict[str, list[str]]:
    singles = list(SHARES)
    return {
        "community": ["all", *singles, *pairs(singles)],
        "district": ["all", *singles],
        "school": ["all", "race_ethnicity", "gender", "disability"],
    }


def _pick(column: str, seed: int) -> str:
    """SQL that gives each child one of the column's values, in the shares of SHARES."""
    draw = f"hash(child, '{column}', {seed}) % 100"
    branches, upto = [], 0
    for value, share in SHARES[column].items():
        upto += share
        branches.append(f"when {draw} < {upto} then '{value}'")
    return f"case {' '.join(branches)} end"


def _subgroup(disaggregate: str) -> str:
    if disaggregate == "all":
        return "'all'"
    return " || '|' || ".join(disaggregate.split("_x_"))
