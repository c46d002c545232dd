"""What a release is made of, as tables: deliveries in force, definitions, configuration, code.

Written beside what the last release was made of, so that `restatements` can say why a value is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ingestion.contracts.entities import load_entities
from ingestion.lake.ledger_state import ACCEPTED
from ingestion.parquet_table import write_known_columns, write_table
from ingestion.sql_text import literal
from publishing.lineage import COUNTS
from publishing.release_history import current_manifest

if TYPE_CHECKING:
    import duckdb

    from ingestion.home import Home

# tables of the configuration that decide on a value; others decide on titles, targets, due dates
CONFIGURATION = (
    "cut_scores",
    "crosswalks",
    "extract_codes",
    "geography_changes",
    "neighborhoods",
    "same_places",
)
DELIVERY = {
    "load_id": "VARCHAR",
    "community_id": "VARCHAR",
    "partner_id": "VARCHAR",
    "extract_id": "VARCHAR",
    "entity": "VARCHAR",
    "school_year": "INTEGER",
    "collection": "VARCHAR",
    "file_name": "VARCHAR",
    "sha256": "VARCHAR",
    "received_at": "TIMESTAMP",
    "agreement_id": "VARCHAR",
    "n_rows": "BIGINT",  # fewer once a child was removed from it
}
FACT = {
    "kind": "VARCHAR",
    "community_id": "VARCHAR",
    "indicator_id": "VARCHAR",
    "name": "VARCHAR",
    "hash": "VARCHAR",
}
KEY = {
    "community_id": "VARCHAR",
    "indicator_id": "VARCHAR",
    "definition_version": "VARCHAR",
    "school_year": "INTEGER",
    "collection": "VARCHAR",
    "geography_level": "VARCHAR",
    "geography_id": "VARCHAR",
    "disaggregate": "VARCHAR",
    "subgroup": "VARCHAR",
}
NUMBERS = {"denominator": "BIGINT", "numerator": "BIGINT"}
VALUE = {
    **KEY,
    **NUMBERS,
    "value": "DOUBLE",
    "value_low": "DOUBLE",
    "value_high": "DOUBLE",
    "value_kind": "VARCHAR",
    "rounded_to": "INTEGER",
    "suppression": "VARCHAR",
    "release_id": "VARCHAR",
}
# of the release before, or without rows; `cells` are the counts behind values, so they never leave the home
OF_LAST = {"values": VALUE, "cells": {**KEY, **NUMBERS}, "deliveries": DELIVERY, "facts": FACT}


def write_inputs(
    con: duckdb.DuckDBPyConnection, home: Home, code: str, entities: Mapping[str, Mapping[str, str]]
) -> None:
    """Write reference/release_*.parquet of the release to be built, and last_release_*.parquet.

    `code` is a fingerprint of all models, `entities` the raw tables behind each indicator with their roles
    (see `indicator_entities`); without it each delivery counts as one of all indicators.
    """
    _write_deliveries(con, home)
    write_table(con, home.reference_file("release_facts"), FACT, _facts(con, home, code))
    known = dict.fromkeys(load_entities(), COUNTS)
    rows = [(i, *pair) for i in _indicators(con, home) for pair in sorted(entities.get(i, known).items())]
    columns = {"indicator_id": "VARCHAR", "entity": "VARCHAR", "role": "VARCHAR"}
    write_table(con, home.reference_file("indicator_entities"), columns, rows)
    last = current_manifest(home)
    for name, shape in OF_LAST.items():
        target = home.reference_file(f"last_release_{name}")
        kept = home.released_folder(str(last["release_id"])) / f"{name}.parquet" if last else None
        if kept and kept.exists():
            write_known_columns(con, target, shape, kept)
        else:
            write_table(con, target, shape, [])


def _write_deliveries(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    target, extracts = home.reference_file("release_deliveries"), home.reference_file("extracts")
    if not home.snapshot.deliveries.exists():
        write_table(con, target, DELIVERY, [])
        return
    agreement, join = "null::varchar", ""
    if extracts.exists():
        agreement = "extracts.agreement_id"
        join = f"left join {literal(str(extracts))} as extracts using (community_id, extract_id)"
    temporary = target.with_suffix(".tmp")
    con.execute(
        "copy (select d.load_id, community_id, d.partner_id, extract_id, d.entity, d.school_year, "
        f"d.collection, d.file_name, d.sha256, d.received_at, {agreement} as agreement_id, d.n_rows "
        f"from {literal(str(home.snapshot.deliveries))} as d {join} "
        f"where d.state in {ACCEPTED} order by all) to {literal(str(temporary))} (format parquet)"
    )
    temporary.replace(target)


def _facts(con: duckdb.DuckDBPyConnection, home: Home, code: str) -> list[tuple[str | None, ...]]:
    facts: list[tuple[str | None, ...]] = [("code", None, None, None, code)]
    for table in CONFIGURATION:
        file = home.reference_file(table)
        if file.exists():
            known = con.execute(f"describe select * from {literal(str(file))}").fetchall()
            community = "community_id" if any(row[0] == "community_id" for row in known) else "null"
            rows = con.execute(
                f"select 'configuration', {community}, null, {literal(table)}, "
                "md5(string_agg(t::varchar, chr(10) order by t::varchar)) "
                f"from {literal(str(file))} as t group by all"
            ).fetchall()
            facts += rows
    definitions = home.reference_file("indicator_definitions")
    if definitions.exists():
        facts += con.execute(
            "select 'definition', null, indicator_id, definition_version, md5(parameters::varchar) "
            f"from {literal(str(definitions))} order by all"
        ).fetchall()
    selection = home.reference_file("indicator_selection")
    if selection.exists():
        facts += con.execute(
            "select 'selection', community_id, indicator_id, null, 'selected' "
            f"from {literal(str(selection))} order by all"
        ).fetchall()
    return facts


def _indicators(con: duckdb.DuckDBPyConnection, home: Home) -> list[str]:
    file = home.reference_file("indicators")
    if not file.exists():
        return []
    rows = con.execute(f"select indicator_id from {literal(str(file))} order by all").fetchall()
    return [row[0] for row in rows]
