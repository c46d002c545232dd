"""The configuration of every community as Parquet tables, for the warehouse and for queries."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from ingestion.configuration.community import Communities, Community
from ingestion.configuration.community_file import Bands, Disclosure
from ingestion.configuration.geography_changes import last_codes
from ingestion.configuration.protection import (
    fold_rows,
    hold_rows,
    implications_of,
    protected_last_rows,
)
from ingestion.configuration.reference_tables import TABLES
from ingestion.home import Home
from ingestion.parquet_table import write_table

Row = tuple[Any, ...]


def write_reference(home: Home, communities: Communities, today: dt.date | None = None) -> list[Path]:
    """Write every table of TABLES to reference/<table>.parquet, each whole or not at all.

    `due_dates` has what was due by `today`: nobody misses what is to come.
    """
    rows: dict[str, list[Row]] = {table: [] for table in TABLES}
    for community in communities:
        for table, row in _rows(community, today or dt.datetime.now(dt.UTC).date()):
            rows[table].append((community.community, *row))
    home.reference.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 1}) as con:
        return [
            write_table(con, home.reference_file(table), TABLES[table], found)
            for table, found in rows.items()
        ]


def _rows(community: Community, today: dt.date) -> Iterator[tuple[str, Row]]:
    """Every row of every table for one community, without the community's id."""
    years = community.school_years
    yield "communities", (community.name, years.first, years.last, community.disclosure.minimum_denominator)
    yield from _protection_rows(community.disclosure)
    for place, (name, collection) in enumerate(community.collections.items()):
        yield "collections", (name, collection.maturity, place)
    for name, partner in community.partners.items():
        yield "partners", (name, partner.title, partner.sector, partner.district_id)
    yield from _extract_rows(community, today)
    yield from _agreement_rows(community)
    yield from _identity_rows(community)
    yield from _code_rows(community)
    yield from _place_rows(community)
    yield from _indicator_rows(community)


def _agreement_rows(community: Community) -> Iterator[tuple[str, Row]]:
    for name, agreement in community.agreements.items():
        covered = [e for e, contract in community.contracts.items() if agreement.covers(e, contract.bundle)]
        parties = list(agreement.parties)
        dates = (agreement.starts, agreement.expires, agreement.retention_years)
        yield "agreements", (name, parties, agreement.purpose, covered, *dates)


def _identity_rows(community: Community) -> Iterator[tuple[str, Row]]:
    linking = community.identity
    shares = (
        linking.largest_match_rate_drop,
        linking.largest_reissued_share,
        linking.largest_contradicted_share,
    )
    yield "identity_settings", (*shares, linking.unmatched_lists, linking.households_by_address)
    for row in community.same_places:
        decided = (row.decision, row.reviewer, row.decided_on, row.reason)
        yield "same_places", (*row.one, *row.other, *decided)


def _code_rows(community: Community) -> Iterator[tuple[str, Row]]:
    for name, crosswalk in community.crosswalks.items():
        for code in crosswalk:
            codes = (code.field, code.partner_code, code.conformed_code)
            yield "crosswalks", (name, *codes, code.first_year, code.last_year)
    for cut in community.cut_scores:
        about = (cut.assessment_id, cut.subject, cut.grade_level)
        yield "cut_scores", (*about, cut.first_year, cut.last_year, cut.proficient_score)


def _indicator_rows(community: Community) -> Iterator[tuple[str, Row]]:
    for aim in community.targets:
        yield "targets", (aim.indicator_id, aim.disaggregate, aim.subgroup, aim.school_year, aim.target)
    for number in community.area_indicators:
        named = (number.area_indicator_id, number.title, number.outcome, number.area_type)
        yield "area_indicators", (*named, number.measure_id, number.denominator_measure_id)
    for program, method in community.program_matching.items():
        yield "program_matching", (program.strip().lower(), method)
    for indicator, owner in community.owners.items():
        yield "indicator_owners", (indicator, owner)
    for geography, level in community.publication.items():
        for disaggregate in community.published_at(level):
            yield "publication_plan", (geography, disaggregate)


def _place_rows(community: Community) -> Iterator[tuple[str, Row]]:
    for change in last_codes(community.geography_changes):
        yield "geography_changes", change
    for area in community.neighborhoods:
        yield "neighborhoods", (area.geography_level, area.geography_id, area.neighborhood)


def _protection_rows(rules: Disclosure) -> Iterator[tuple[str, Row]]:
    bands, rounding = rules.bands or Bands(), rules.round_denominators
    rounded = (rounding.to, rounding.under) if rounding else (None, None)
    shown = (rules.bands is not False, bands.smallest, bands.share, rules.shows)
    yield "disclosure_rules", (*shown, *rounded)
    yield from (("disclosure_folds", row) for row in fold_rows(rules))
    yield from (("disclosure_protected_last", row) for row in protected_last_rows(rules))
    yield from (("disclosure_implications", row) for row in implications_of(rules))
    yield from (("disclosure_holds", row) for row in hold_rows(rules))


def _extract_rows(community: Community, today: dt.date) -> Iterator[tuple[str, Row]]:
    years = range(community.school_years.first, community.school_years.last + 1)
    for extract_id, contract in community.contracts.items():
        whose = (contract.partner, extract_id, contract.entity)
        for field, codes in contract.layout_codes.items():
            yield from (("extract_codes", (extract_id, field, *pair)) for pair in codes.items())
        about = (contract.title, contract.agreement, list(contract.patterns), contract.fingerprint)
        yield "extracts", (*whose, *about)
        for year in years:
            for collection in contract.expects:
                due = contract.due_date(year, collection)
                if due is not None and due <= today:
                    yield "due_dates", (*whose, year, collection, due)
