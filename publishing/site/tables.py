"""The tables of an indicator before anything is chosen: whole community, definition in force, last year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from publishing.site.source import Row, Source
from publishing.site.standings import IN_FORCE, WHOLE_COMMUNITY, Standing

NUMBERS = """denominator, percent(value) as value, percent(value_low) as value_low, percent(value_high)
    as value_high, suppression, data_maturity"""
LOOKED_AT_FIRST = ["school", "district", "neighborhood", "zip", "tract"]
VERSIONS = f"select indicator_id, definition_version from ({IN_FORCE})"
LAST_YEAR = f"""
select indicator_id, definition_version, max(school_year) as school_year
from indicator_values inner join ({VERSIONS}) using (indicator_id, definition_version)
where {WHOLE_COMMUNITY} and disaggregate = 'all'
group by all
"""
SUBGROUPS = f"""
select v.indicator_id, s.disaggregate, s.disaggregate_title, s.subgroup, s.subgroup_title, v.school_year,
    v.definition_version, v.collection, v.geography_level, v.geography_id, v.denominator,
    percent(v.value) as value, percent(v.value_low) as value_low, percent(v.value_high) as value_high,
    v.suppression, v.data_maturity,
    points(gap_points) as gap, points(gap_points_low) as gap_low, points(gap_points_high) as gap_high,
    gap_status, children_to_close, g.reference_subgroup, r.subgroup_title as reference_title
from indicator_values as v
inner join ({LAST_YEAR}) using (indicator_id, definition_version, school_year)
inner join subgroups as s using (disaggregate, subgroup)
left join indicator_gaps as g
    on v.indicator_id = g.indicator_id and v.definition_version = g.definition_version
    and v.school_year = g.school_year and v.collection = g.collection
    and v.geography_level = g.geography_level and v.geography_id = g.geography_id
    and v.disaggregate = g.disaggregate and v.subgroup = g.subgroup
    and g.reference = 'best_off'
left join subgroups as r on g.disaggregate = r.disaggregate and g.reference_subgroup = r.subgroup
where v.collection = 'annual' and v.geography_level = 'community' and not s.is_pair
order by s.sort_order
"""
# of one level of places: the first of these that an indicator has any of
PLACES = f"""
select indicator_id, geography_level, geography_id, g.title, 'all' as disaggregate, 'all' as subgroup,
    school_year, definition_version, collection, {NUMBERS}
from indicator_values as v
inner join ({LAST_YEAR}) using (indicator_id, definition_version, school_year)
inner join geographies as g using (geography_level, geography_id)
where collection = 'annual' and geography_level <> 'community' and disaggregate = 'all'
qualify geography_level = min_by(geography_level, list_position({LOOKED_AT_FIRST}, geography_level)) over (
    partition by indicator_id
)
order by
    case suppression when 'coded_high' then 2 when 'coded_low' then -1 when 'rounded' then v.value_low
        else coalesce(v.value, -2) end desc,
    g.title, geography_id
"""
WITHIN_YEAR = f"""
select indicator_id, school_year, title as year, collection, {NUMBERS}
from indicator_values as v
inner join ({VERSIONS}) using (indicator_id, definition_version)
inner join (select school_year, collection, title from school_years) using (school_year, collection)
where geography_level = 'community' and disaggregate = 'all'
order by school_year
"""
PROJECTIONS = f"""
select indicator_id, school_year, collection, n_years, percent(interim_value) as interim,
    percent(projected_value) as projected, percent(projected_low) as low, percent(projected_high) as high,
    percent(annual_value) as annual, is_inside, n_checked, percent(share_inside) as share_inside
from interim_projections
inner join ({VERSIONS}) using (indicator_id, definition_version)
where geography_level = 'community' and disaggregate = 'all'
qualify school_year = max(school_year) over (partition by indicator_id)
order by array_position(['fall', 'winter', 'spring'], collection), collection
"""
DEFINITIONS = """
select indicator_id, definition_version, parameters, citation, is_default, first_year, last_year
from indicators order by is_default desc, definition_version
"""
DRIVERS = """
select indicator_id, definition_version, school_year, d.disaggregate, d.subgroup, s.subgroup_title,
    reference_subgroup, coalesce(r.subgroup_title, 'everyone else') as reference_title, d.geography_id,
    coalesce(g.title, 'Other schools') as school, points(gap_points) as gap, denominator,
    percent(value) as value, percent(reference_value) as reference_value, points(within_points) as within,
    points(between_points) as between_, children_to_close, school_rank
from gap_drivers as d
inner join subgroups as s using (disaggregate, subgroup)
left join subgroups as r on d.disaggregate = r.disaggregate and d.reference_subgroup = r.subgroup
left join geographies as g on d.geography_id = g.geography_id and g.geography_level = 'school'
where collection = 'annual' and children_to_close is not null and school_rank <= 5
    and reference_subgroup <> 'everyone_else'
order by school_rank
"""


@dataclass(frozen=True)
class Tables:
    """Rows by indicator; of an indicator without values the lists are missing."""

    subgroups: Mapping[str, list[Row]]
    places: Mapping[str, list[Row]]
    within_year: Mapping[str, list[Row]]
    projections: Mapping[str, list[Row]]
    definitions: Mapping[str, list[Row]]
    drivers: Mapping[str, list[Row]]


def tables(source: Source) -> Tables:
    """All tables of all indicators, one query for each kind: 45 small ones take longer than a large one."""
    queries = (SUBGROUPS, PLACES, WITHIN_YEAR, PROJECTIONS, DEFINITIONS, DRIVERS)
    return Tables(*(_by_indicator(source.rows(query)) for query in queries))


def _by_indicator(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["indicator_id"], []).append(row)
    return found


def drivers_of(standing: Standing, rows: list[Row]) -> list[Row]:
    """The schools that hold the widest gap of the last year; empty where it is not known by school."""
    gap = standing.widest_gap
    if gap is None:
        return []
    asked = (standing.about["definition_version"], gap["school_year"], gap["disaggregate"], gap["subgroup"])
    columns = ("definition_version", "school_year", "disaggregate", "subgroup")
    return [row for row in rows if tuple(row[column] for column in columns) == asked]
