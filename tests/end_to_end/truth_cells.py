"""Every indicator cell computed from the synthetic truth in plain SQL: places and subgroups written anew."""

from __future__ import annotations

from itertools import combinations

import duckdb

from tests.end_to_end import (
    truth_accounts,
    truth_attributes,
    truth_of_pathways,
    truth_of_school_indicators,
    truth_of_sector_indicators,
)
from tests.end_to_end.truth_accounts import CHILD_YEAR
from tests.end_to_end.truth_attributes import DISAGGREGATES, PAIRED

CELL_COLUMNS = (
    "community_id, indicator_id, definition_version, school_year, collection, data_maturity, "
    "geography_level, geography_id, disaggregate, subgroup, denominator, numerator"
)
DEFINITIONS = {
    **truth_of_school_indicators.DEFINITIONS,
    **truth_of_sector_indicators.DEFINITIONS,
    **truth_of_pathways.DEFINITIONS,
}
# indicator and version without a value in the demo -> why
WITHOUT_VALUES = {
    ("early_grades_on_track", "ew_framework"): "the tests of grades 1 and 2 have no cut score",
    ("doubled_up", "primary_residence"): "no district tells where homeless students spend the night",
    ("eviction_exposure", "any_filing"): "the court names no child",
    ("program_dosage", "eighty_percent"): "no program tells a plan of hours or sessions",
    ("fafsa_completion", "by_june_30"): "nobody tells of applications",
    ("industry_credential", "by_august"): "no award is told to be a credential of an industry",
    ("first_year_credits", "thirty_credits"): "no college tells credits",
    ("postsecondary_completion", "one_and_a_half_times"): "nobody entered college six years ago",
    ("degree_six_years_after_high_school", "any_award"): "no class left high school six years ago",
    ("degree_six_years_after_high_school", "degree"): "no class left high school six years ago",
    ("pathway_from_ninth_grade", "degree_in_six_years"): "no class left high school six years ago",
    ("employment", "two_quarters_sixth_year"): "no class left high school six years ago",
    ("living_wage_job", "median_of_high_school_graduates"): "no class left high school six years ago",
}
LEVELS = ("school", "district", "community", "zip", "tract")


def subgroups(with_pairs: bool) -> str:
    """SQL list of every total, single disaggregate and, if asked for, pair a child counts in."""
    kinds = ["{'disaggregate': 'all', 'subgroup': 'all'}"]
    kinds += [f"{{'disaggregate': '{one}', 'subgroup': {one}}}" for one in DISAGGREGATES]
    if with_pairs:
        kinds += [
            f"{{'disaggregate': '{one}_x_{other}', 'subgroup': {one} || '|' || {other}}}"
            for one, other in combinations(PAIRED, 2)
        ]
    return f"[{', '.join(kinds)}]"


# Who is at no school in the year it counts in, a drop-out, is what it was in its last annual year; who came
# to none yet is what others tell of it. Who counts at no school has an unknown one.
STUDENTS = f"""
create table students as
with districts as (
    select distinct partner_id || ':' || lower(school_id) as organization_id, district_id
    from truth.school where not is_held_back
),
counted as (
    select * replace (coalesce(organization_id, 'unknown') as organization_id)
    from results where success is not null
),
described as (
    select counted.*, years.* exclude ({CHILD_YEAR}, organization_id)
    from counted asof inner join (from years where collection = 'annual') as years
        on counted.person_id = years.person_id and counted.school_year >= years.school_year
    where counted.collection = 'annual'
    union all
    select counted.*, years.* exclude ({CHILD_YEAR}, organization_id)
    from counted inner join years using ({CHILD_YEAR}) where counted.collection <> 'annual'
)
select indicator_id, definition_version, school_year, collection, organization_id as school,
    coalesce(district_id, 'unknown') as district, 'riverbend' as community,
    zip_code as zip, tract_id as tract,
    {", ".join(DISAGGREGATES)}, success
from described left join districts using (organization_id)
"""


def count_true_cells(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `true_cells` from schema `truth`, tables `identity` and `links`; a child counts at five levels."""
    modules = (
        truth_accounts,
        truth_attributes,
        truth_of_school_indicators,
        truth_of_sector_indicators,
        truth_of_pathways,
    )
    for table in (table for module in modules for table in module.PREPARED):
        con.execute(table)
    results = " union all by name ".join(
        f"select '{indicator}' as indicator_id, '{version}' as definition_version, * from ({sql})"
        for (indicator, version), sql in DEFINITIONS.items()
    )
    con.execute(f"create table results as {results}")
    con.execute(STUDENTS)
    levels = " union all ".join(
        f"""
        select indicator_id, definition_version, school_year, collection, '{level}' as geography_level,
            {level} as geography_id, unnest({subgroups(level not in ("zip", "tract"))}, recursive := true),
            n, n_success
        from (
            select indicator_id, definition_version, school_year, collection, {level},
                {", ".join(DISAGGREGATES)}, count(*) as n, count(*) filter (success) as n_success
            from students group by all
        )
        """
        for level in LEVELS
    )
    con.execute(
        f"""
        create table true_cells as
        select 'riverbend' as community_id, indicator_id, definition_version, school_year, collection,
            if(collection = 'annual', 'final', 'interim') as data_maturity, geography_level, geography_id,
            disaggregate, subgroup, cast(sum(n) as bigint) as denominator,
            cast(sum(n_success) as bigint) as numerator
        from ({levels}) group by all
        """
    )
