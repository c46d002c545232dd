"""The floor's last part: SQL from a row per child in a denominator to the cells of every disaggregate, pair and place."""

# ruff: noqa: E501  (SQL reads better in its own lines)
from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.floor_measuring import PERIODS
from benchmarks.riverbend import (
    FLAGS,
    HOME_LEVELS,
    IN_COMBINATION,
    MEASURES,
    PAIRED,
    PAIRED_SETS,
    SCHOOL_LEVELS,
    UNPAIRED,
    UNPAIRED_SETS,
    UNTOLD,
)

COUNTED = "sum(denominator) as denominator, sum(numerator) as numerator"
SERIES = "measure, year, collection"
# What children are counted by: what is paired, and what is not, with one number for all that races tell.
PAIRED_TOLD = ", ".join(["race_ethnicity", "gender", *list(FLAGS)[:5]])
UNPAIRED_TOLD = "home_language, migrant, military_connected, races_id"
LEVELS = {level: f"{at}::utinyint" for at, level in enumerate((*SCHOOL_LEVELS, *HOME_LEVELS))}


def profiles(level: str, place: str, told: str, rows: str) -> str:
    """SQL that counts `rows` by place and what is told of children, so that few rows are left to be counted by each."""
    return f"select {SERIES}, {LEVELS[level]} as level, {place} as place, {told}, {COUNTED} from {rows} group by all"


def of_levels(told: str, unit: str) -> dict[str, str]:
    """Tables of children counted at each level: a district's from its schools', the community's from its districts'."""
    school, district, community = (f"{unit}_{level}" for level in SCHOOL_LEVELS)
    return {
        school: profiles("school", "school", told, "counted"),
        district: profiles("district", "district", told, f"{school} join school_place on school = place"),
        community: profiles(
            "community", "(select place from geography where geography_id = 'riverbend')", told, district
        ),
        **{f"{unit}_{level}": profiles(level, level, told, "counted") for level in HOME_LEVELS},
    }


def in_sets(rows: str, columns: Sequence[str], sets: Iterable[Sequence[str]]) -> str:
    """SQL that counts `rows` by each of the sets of disaggregates."""
    grouping_sets = ", ".join(f"({', '.join([SERIES, 'level', 'place', *one])})" for one in sets)
    return f"""
        select {SERIES}, level, place, concat_ws('|', {", ".join(columns)}) as subgroup, {COUNTED},
            concat_ws('_x_', {", ".join(f"case when grouping({name}) = 0 then '{name}' end" for name in columns)}) as disaggregate
        from {rows} group by grouping sets ({grouping_sets})"""


def union(unit: str, levels: Iterable[str]) -> str:
    return " union all ".join(f"from {unit}_{level}" for level in levels)


UNKNOWN = "'unknown'::subgroup"
WITH_UNTOLD = (
    f"*, homelessness as homelessness_any_source, {', '.join(f'{UNKNOWN} as {name}' for name in UNTOLD)}"
)
IS_OF_RACE = ", ".join(
    f"case when contains(';' || races || ';', ';{race};') then 'yes' when races is null then 'unknown' else 'no' end::subgroup as {name}"
    for race, name in IN_COMBINATION.items()
)
MEASURED = ", ".join(
    f"({at}, '{indicator}', '{version}')" for at, (indicator, version) in enumerate(MEASURES)
)
LEVEL_NAMES = ", ".join(f"({number}, '{level}')" for level, number in LEVELS.items())

# Table -> query, in the order in which they are made; the last is the answer.
CELLS_MADE = {
    "geography": """
        select geography_id, cast(row_number() over () as usmallint) as place
        from (
            select organization_id as geography_id from result union select zip from described
            union select tract from described union select district_id from school
            union (values ('riverbend'), ('unknown'))
        ) where geography_id is not null""",
    "school_place": """
        select at_school.place as school, at_district.place as district
        from geography as at_school
        left join school on school.organization_id = at_school.geography_id
        join geography as at_district on at_district.geography_id = coalesce(school.district_id, 'unknown')""",
    # a graduate of a year it was not enrolled in is what it was in the last annual collection before
    "earlier": f"""
        select missing.child, missing.year, max(described.year) as last_year
        from (select child, year from result anti join described using ({PERIODS})) as missing
        join described on described.child = missing.child and described.year < missing.year
            and described.collection = 'annual'
        group by missing.child, missing.year""",
    "counted": f"""
        select measure, result.year, result.collection::collection as collection, at_school.place as school,
            coalesce(at_zip.place, nowhere.place) as zip, coalesce(at_tract.place, nowhere.place) as tract,
            {", ".join(f"coalesce(described.{name}, {UNKNOWN}) as {name}" for name in ("race_ethnicity", "gender", *FLAGS, "home_language"))},
            races_id, count(*) as denominator, count(*) filter (is_success) as numerator
        from result
        left join earlier using (child, year)
        left join described on described.child = result.child and described.collection = result.collection
            and described.year = coalesce(earlier.last_year, result.year)
        left join geography as at_school on at_school.geography_id = coalesce(result.organization_id, 'unknown')
        left join geography as at_zip on at_zip.geography_id = described.zip
        left join geography as at_tract on at_tract.geography_id = described.tract
        cross join (select place from geography where geography_id = 'unknown') as nowhere
        group by all""",
    **of_levels(PAIRED_TOLD, "paired"),
    **of_levels(UNPAIRED_TOLD, "unpaired"),
    "race": f"""
        select races_id, {IS_OF_RACE},
            case when contains(races, ';') then 'two_or_more_races' else races end::subgroup as race_spd15
        from races union all by name
        select null as races_id, {", ".join(f"{UNKNOWN} as {name}" for name in (*IN_COMBINATION.values(), "race_spd15"))}""",
    "cells": f"""
        with at_school as (select {WITH_UNTOLD} from ({union("paired", SCHOOL_LEVELS)})),
        at_home as (select {WITH_UNTOLD} from ({union("paired", HOME_LEVELS)})),
        anywhere as (
            select * from ({union("unpaired", LEVELS)}) as told join race on told.races_id is not distinct from race.races_id
        )
        select indicator_id, definition_version, year as school_year, collection, geography_level, geography_id,
            coalesce(nullif(disaggregate, ''), 'all') as disaggregate, coalesce(nullif(subgroup, ''), 'all') as subgroup,
            cast(denominator as bigint) as denominator, cast(numerator as bigint) as numerator
        from (
            {in_sets("at_school", PAIRED, PAIRED_SETS)}
            union all {in_sets("at_home", PAIRED, [one for one in PAIRED_SETS if len(one) < 2])}
            union all {in_sets("anywhere", UNPAIRED, UNPAIRED_SETS)}
        )
        join (values {MEASURED}) as measures (measure, indicator_id, definition_version) using (measure)
        join (values {LEVEL_NAMES}) as levels (level, geography_level) using (level)
        join geography using (place)""",
}  # fmt: skip
