"""What a person should know of a release before using it: hidden numbers, unmapped codes, years gone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.sql_text import literal
from ingestion.wording import counted, listed
from orchestration.snapshots import left_out_of

if TYPE_CHECKING:
    import duckdb

    from ingestion.home import Home

HIDDEN = "select count(*) filter (suppression = 'suppressed'), count(*) from published.indicator_values"
# why a value is hidden is told at the home alone: in a release it would help to undo it
SHARES = (
    "select geography_level, sum(n_cells)::bigint, sum(n_small)::bigint, sum(n_beside_others)::bigint,"
    " sum(n_banded)::bigint, sum(n_children)::bigint, sum(n_children_hidden)::bigint"
    " from disclosure.hidden_shares group by all order by all"
)
HELD = (
    "select school_year || ' ' || collection || ' since ' || held_since as period,"
    " string_agg(distinct indicator_id, ', ' order by indicator_id)"
    " from published.indicator_values where held_since is not null group by all order by period"
)
YEARS = "select distinct school_year from published.indicator_values order by all"
METHODS = "select method, count(*) from '{links}' group by all"
# of what a community selected under `indicators:` alone; the table `indicators` has every one that there is
WITHOUT_VALUES = (
    "select distinct indicator_id from read_parquet({selection}) where indicator_id not in"
    " (select indicator_id from published.indicator_values) order by all"
)
# a value can be preliminary only where there is one
INCOMPLETE = (
    "select school_year || ' ' || collection as period,"
    " string_agg(distinct indicator_id, ', ' order by indicator_id)"
    " from intermediate.int_incomplete_years semi join published.indicator_values"
    " using (community_id, indicator_id, school_year, collection) group by all order by period"
)
CHANGES = (
    "select kind, count(*) from read_parquet({changes}) where changed_at >= $since group by all order by all"
)
# what the outgoing gate let pass and tells of
WARNED = (
    "select table_name, explanation, n_violations from read_parquet({gate}) where not is_passed order by all"
)
UNMAPPED = (
    "select extract_id || ' ' || field as what, sum(n_rows)::bigint as n_rows from marts.unmapped_codes"
    " group by all order by n_rows desc, what"
)


OF_A_LEVEL = ("values", "small", "beside_others", "banded", "children", "children_hidden")


def years_published(database: Path) -> list[int]:
    """The school years a release has values of; none where there is no release."""
    return [row[0] for row in _rows(database, YEARS)]


def release_facts(home: Home, years_before: list[int], since: dt.datetime) -> dict[str, Any]:
    """Counts of values, hidden ones, state ids that link nobody; rows of unmapped codes; what is missing.

    Of persons joined and split, those since the moment `since`, in UTC without a time zone.
    """
    database = home.current_database
    selection = literal(str(home.reference_file("indicator_selection")))
    changes = CHANGES.format(changes=literal(str(home.identity / "person_changes.parquet")))
    persons = dict(_rows(database, changes, {"since": since}))
    hidden, values = (_rows(database, HIDDEN) or [(0, 0)])[0]
    gate = literal(str(home.current_release / "outgoing_gate.parquet"))
    links = str(home.person_links).replace("'", "''")
    methods = dict(_rows(database, METHODS.format(links=links)))
    return {
        "hidden": hidden,
        "values": values,
        "levels": {
            level: dict(zip(OF_A_LEVEL, counts, strict=True))
            for level, *counts in _rows_of_warehouse(home, SHARES)
        },
        "held": dict(_rows(database, HELD)),
        "refused_state_ids": methods.get("state_id_refused", 0),
        "contradicted_state_ids": methods.get("state_id_contradicted", 0),
        "unmapped": dict(_rows_of_warehouse(home, UNMAPPED)),
        "joined_persons": persons.get("joined", 0),
        "split_persons": persons.get("split", 0),
        "without_values": [row[0] for row in _rows(database, WITHOUT_VALUES.format(selection=selection))],
        "incomplete": dict(_rows_of_warehouse(home, INCOMPLETE)),
        "left_out": left_out_of(home.snapshot),
        "warnings": [
            f"{table.removeprefix('outgoing_')}: {explanation} ({counted(rows, 'row')})"
            for table, explanation, rows in _rows(database, WARNED.format(gate=gate))
        ],
        "years_gone": sorted(set(years_before) - set(years_published(database))),
    }


def sentences(facts: dict[str, Any]) -> list[str]:
    """The same for people, with what to do about it; what is as it should be is not mentioned."""
    said = [*_of_protection(facts), *_of_what_is_missing(facts), *_of_codes(facts)]
    said += [f"The outgoing gate let this pass: {warning}." for warning in facts["warnings"]]
    return said


def _of_protection(facts: dict[str, Any]) -> list[str]:
    said = []
    if facts["hidden"]:
        hidden = counted(facts["values"], "value is", "values are")
        said.append(
            f"{facts['hidden']:,} of {hidden} hidden to protect small groups{_by_level(facts['levels'])}."
        )
    if facts["held"]:
        periods = "; ".join(f"{period} ({named})" for period, named in facts["held"].items())
        said.append(
            f"Held at an earlier release: {periods}. So few children came, left or were corrected, or so many"
            " groups were added, that new numbers beside the old would tell of a group too small to be shown."
        )
    return said


def _of_what_is_missing(facts: dict[str, Any]) -> list[str]:
    said = []
    if facts["without_values"]:
        without = facts["without_values"]
        said.append(
            f"{counted(len(without), 'indicator')} without any value: {listed(without)}. What each needs is"
            " in the table `indicators`; test results also need a flag of the partner or a line in"
            " cut_scores.csv."
        )
    if facts["incomplete"]:
        periods = "; ".join(f"{period} ({named})" for period, named in facts["incomplete"].items())
        said.append(
            f"Preliminary for the whole community, since a partner is late: {periods}."
            " `milepost status` tells who."
        )
    if facts["left_out"]:
        reasons = "; ".join(dict.fromkeys(reason.rstrip(".") for reason in facts["left_out"].values()))
        extracts = counted(len(facts["left_out"]), "extract is", "extracts are")
        said.append(f"{extracts} left out, for want of a live agreement: {reasons}.")
    if facts["years_gone"]:
        years = ", ".join(map(str, facts["years_gone"]))
        gone = "years" if len(facts["years_gone"]) > 1 else "year"
        said.append(f"In the release before, and not in this one: the school {gone} {years}.")
    return said


def _of_codes(facts: dict[str, Any]) -> list[str]:
    said = []
    if facts["refused_state_ids"]:
        students = counted(facts["refused_state_ids"], "student has", "students have")
        said.append(
            f"{students} a state id that is a placeholder or that others share, and are not linked by it;"
            " the gate's results say in which deliveries."
        )
    if facts["contradicted_state_ids"]:
        students = counted(facts["contradicted_state_ids"], "student has", "students have")
        said.append(
            f"{students} a state id by which another partner tells of another child, and are not linked by"
            " it: feedback/<partner>/contradicted_state_ids.csv lists them; see `milepost identity review`."
        )
    if facts["unmapped"]:
        most = ", ".join(
            f"{field} ({counted(rows, 'row')})" for field, rows in list(facts["unmapped"].items())[:5]
        )
        said.append(
            f"Codes no crosswalk knows, shown as `unmapped`: {most}. To see them:"
            ' milepost query --warehouse "from marts.unmapped_codes". Add them, with what they mean, to'
            " crosswalks/<partner>.csv of the community, then refresh again."
        )
    return said


def _by_level(levels: dict[str, dict[str, int]]) -> str:
    """What is hidden per level, for being small and only to protect others."""
    parts = [
        f"{level} {counts['small'] / counts['values']:.0%} small"
        f" and {counts['beside_others'] / counts['values']:.0%} beside"
        for level, counts in levels.items()
        if counts["values"]
    ]
    return f" ({'; '.join(parts)} others)" if parts else ""


def table_names(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables somebody who asks a release may mean."""
    found = con.execute(
        "select table_name from duckdb_tables() where schema_name in ('published', 'marts', 'main')"
        " union select view_name from duckdb_views() where schema_name in ('published', 'marts')"
    ).fetchall()
    return sorted(name for (name,) in found)


def _rows(database: Path, sql: str, values: dict[str, Any] | None = None) -> list[Any]:
    """The rows of a query; none where the file or its table is not there yet, or another process has it."""
    import duckdb

    if not database.exists():
        return []
    try:
        with duckdb.connect(str(database), read_only=True) as con:
            return con.execute(sql, values or {}).fetchall()
    except duckdb.Error:  # a summary is not worth a failure
        return []


def _rows_of_warehouse(home: Home, sql: str) -> list[Any]:
    """The same of the warehouse; none where it does not open, too."""
    import duckdb

    from ingestion.errors import MilepostError
    from ingestion.warehouse_file import open_warehouse

    try:
        with open_warehouse(home) as con:
            return con.execute(sql).fetchall()
    except (duckdb.Error, MilepostError):
        return []
