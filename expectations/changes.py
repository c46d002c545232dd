"""Deliveries of changes alone: what they leave of the delivery before makes them whole."""

from __future__ import annotations

from pathlib import Path

import duckdb

from expectations.quarantine import ACCEPTED
from ingestion.contracts.contract import Contract
from ingestion.contracts.layout import load_layout
from ingestion.errors import DeliveryError
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
    raw = _in_force(home, delivery)
    if raw is None:
        return []
    if _overlaps(contract):
        return sorted(raw.parent.glob("*.parquet"))
    return [raw] if raw.exists() else []


def nothing_to_change(home: Home, contract: Contract, delivery: Delivery) -> DeliveryError | None:
    """What is wrong with changes of a period of which nothing is in force: they would pass for all there is.

    Where deliveries overlap, staging puts those of all school years together, and one of any year will do; of
    a table that need not be there, none may ever have come.
    """
    if _in_force(home, delivery) is None or unchanged_files(home, contract, delivery):
        return None
    if _overlaps(contract) and not contract.is_required:
        return None
    table = contract.member or delivery.entity
    return DeliveryError(
        f"{table} brings changes alone, and nothing of {delivery.period} is in force",
        where=delivery.file_name,
        rule="Changes are put to the whole that was delivered before, in each school year anew",
        next_step="Ask the partner for a bulk export of the school year, load it, then load this file",
    )


def _overlaps(contract: Contract) -> bool:
    """Whether deliveries of several school years tell of the same records."""
    return bool(contract.layout and load_layout(contract.layout).overlap)


def with_unchanged(con: duckdb.DuckDBPyConnection, home: Home, contract: Contract, delivery: Delivery) -> str:
    """The table of the accepted changes and of what is in force of the same period and is not changed.

    A row of the same key takes the place of the one before; a row that says it was deleted does so too, and
    is left out by staging. Where deliveries overlap, staging puts together what several school years have.
    """
    raw = _in_force(home, delivery)
    if raw is None or not raw.exists():
        return ACCEPTED
    own = ", ".join(map(identifier, con.table(ACCEPTED).columns))
    same = " and ".join(f"before.{identifier(c)} = changed.{identifier(c)}" for c in contract.key)
    con.execute(
        f"create or replace table {WHOLE} as select {own}, null::varchar as _load_id from {ACCEPTED}"
        f" union all select {own}, _load_id from read_parquet({literal(str(raw))}) as before"
        f" anti join {ACCEPTED} as changed on {same}"
    )
    return WHOLE


def _in_force(home: Home, delivery: Delivery) -> Path | None:
    """The file of what is in force of a delivery's extract and period; it may not be there."""
    if delivery.school_year is None or delivery.collection is None:
        return None
    return home.raw_file(delivery.entity, delivery.extract_id, delivery.school_year, delivery.collection)
