"""Deliveries of changes alone: what they leave of the delivery before makes them whole."""

from __future__ import annotations

from pathlib import Path

import duckdb

from expectations.quarantine import ACCEPTED
from ingestion.contracts.contract import Contract
from ingestion.contracts.layout import load_layout
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.sql_text import identifier, literal

WHOLE = "accepted_and_unchanged"


def as_changes(contract: Contract) -> Contract:
    """The contract without what a whole delivery alone must be: not empty, and as large as the one before."""
    tolerance = contract.tolerance.model_copy(update={"empty": True, "year_over_year": float("inf")})
    return contract.model_copy(update={"tolerance": tolerance})


def unchanged_files(home: Home, contract: Contract, delivery: Delivery) -> list[Path]:
    """Files in force of what changes leave as it is: of their period, or of every one where they overlap."""
    if delivery.school_year is None or delivery.collection is None:
        return []
    raw = home.raw_file(delivery.entity, delivery.extract_id, delivery.school_year, delivery.collection)
    layout = load_layout(contract.layout) if contract.layout else None
    if layout and layout.overlap:
        return sorted(raw.parent.glob("*.parquet"))
    return [raw] if raw.exists() else []


def with_unchanged(con: duckdb.DuckDBPyConnection, home: Home, contract: Contract, delivery: Delivery) -> str:
    """The table of the accepted changes and of what is in force of the same period and is not changed.

    A row of the same key takes the place of the one before; a row that says it was deleted does so too, and
    is left out by staging. Where nothing is in force yet, the changes are all there is; where deliveries
    overlap, staging puts them together with what other school years have.
    """
    assert delivery.school_year is not None
    assert delivery.collection is not None
    raw = home.raw_file(delivery.entity, delivery.extract_id, delivery.school_year, delivery.collection)
    if not raw.exists():
        return ACCEPTED
    own = ", ".join(map(identifier, con.table(ACCEPTED).columns))
    same = " and ".join(f"before.{identifier(c)} = changed.{identifier(c)}" for c in contract.key)
    con.execute(
        f"create or replace table {WHOLE} as select {own}, null::varchar as _load_id from {ACCEPTED}"
        f" union all select {own}, _load_id from read_parquet({literal(str(raw))}) as before"
        f" anti join {ACCEPTED} as changed on {same}"
    )
    return WHOLE
