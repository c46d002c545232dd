"""Program results, gateways, deliveries and area numbers, as their pages show them."""

from __future__ import annotations

from typing import Any

from publishing.site.source import Row, Source

# of one delivery all rules have one state; of several of a period the one that counts is told
STATES = ("accepted", "accepted_with_quarantine", "received", "rejected", "superseded", "withdrawn")
PROGRAMS = """
select program_id, coalesce(nullif(program_name, ''), program_id) as program, program_type, p.school_year,
    y.year, p.indicator_id, i.title, i.better, p.definition_version, dosage, method, n_matched, share_matched,
    caution,
    suppression, percent(participant_rate) as participants, percent(comparison_rate) as others,
    points(difference_points) as difference, points(difference_points_low) as low,
    points(difference_points_high) as high, is_balanced, absence_before_points, largest_difference_sd
from program_results as p
inner join (select distinct on (indicator_id) indicator_id, title, better from indicators order by all) as i
    using (indicator_id)
left join (select distinct school_year, title as year from school_years) as y using (school_year)
qualify p.school_year = max(p.school_year) over (partition by program_id, p.indicator_id)
order by program, program_id, i.title, definition_version,
    array_position(['all', 'low', 'middle', 'high'], dosage)
"""
GATEWAYS = """
select gateway, item, requirement, outcome, i.title, is_met, evidence_table, evidence_year, y.year,
    percent(share_needed) as needed, percent(share_met) as met, is_item_met
from gateway_status as g
left join (select distinct on (indicator_id) indicator_id, title from indicators order by all) as i
    on g.outcome = i.indicator_id
left join (select distinct school_year, title as year from school_years) as y
    on g.evidence_year = y.school_year
order by g.sort_order, i.title
"""
DELIVERIES = """
select partner_id, extract_id, entity, school_year, collection, state, rows_received,
    -- of river_city.assessment.map_growth the last: which of several files of the kind it is
    replace(regexp_extract(extract_id, '^[^.]*[.][^.]*[.](.*)$', 1), '_', ' ') as kind
from (
    select partner_id, extract_id, entity, school_year, collection, state, received_at, load_id,
        any_value(rows_received) as rows_received
    from load_quality
    group by all
)
qualify row_number() over (
    partition by extract_id, school_year, collection
    order by array_position({states}, state), received_at desc, load_id
) = 1
order by partner_id, extract_id, school_year
"""
BROKEN = """
select partner_id, extract_id, entity, school_year, collection, rule, severity, n_violations, state
from load_quality
where not is_passed and state in ('accepted', 'accepted_with_quarantine', 'rejected')
order by school_year desc, partner_id, extract_id,
    array_position(['reject', 'quarantine', 'warn'], severity), rule
"""
AREAS = """
select area_indicator_id, title, outcome, area_type, area_id,
    coalesce(nullif(area_name, ''), area_id) as area, disaggregate,
    subgroup, period, value, value_low, value_high, value_kind, source_partner_id,
    suppression, school_year
from area_values
qualify school_year = max(school_year) over (partition by area_indicator_id, source_partner_id)
order by title, area_type, area_id, disaggregate, subgroup, period
"""


def in_the_year(collection: str) -> tuple[int, str]:
    """The order of collections: the usual names as the year goes, then others, the whole year last."""
    known = ("fall", "winter", "spring")
    if collection == "annual":
        return len(known) + 1, collection
    return known.index(collection) if collection in known else len(known), collection


def grouped(rows: list[Row], *columns: str) -> list[tuple[Row, list[Row]]]:
    """Rows in groups of equal `columns`, in the order of first appearance: the first row of each, and all."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[column] for column in columns), []).append(row)
    return [(of_one[0], of_one) for of_one in found.values()]


def programs(source: Source) -> list[Row]:
    """The last comparison of each program and result, all participants first, then by dosage."""
    return source.rows(PROGRAMS)


def gateways(source: Source) -> list[Row]:
    """A row per item and outcome, in the order of the gateways."""
    return source.rows(GATEWAYS)


def deliveries(source: Source) -> tuple[list[Row], list[Row]]:
    """Periods in order, and a row per extract: its `cells` by period, None where nothing came."""
    states = "[" + ", ".join(f"'{state}'" for state in STATES) + "]"
    rows = source.rows(DELIVERIES.format(states=states))

    def period(row: Row) -> tuple[int, tuple[int, str]]:
        return row["school_year"], in_the_year(row["collection"])

    periods = sorted({period(row) for row in rows})
    extracts = []
    for first, of_one in grouped(rows, "partner_id", "extract_id"):
        by_period = {period(row): row for row in of_one}
        extracts.append({**first, "cells": [by_period.get(one) for one in periods]})
    return [{"school_year": year, "collection": collection} for year, (_, collection) in periods], extracts


def broken_rules(source: Source) -> list[Row]:
    """Rules that deliveries broke, newest school year first."""
    return source.rows(BROKEN)


def areas(source: Source) -> list[Row]:
    """The last numbers about areas from public sources."""
    return source.rows(AREAS)
