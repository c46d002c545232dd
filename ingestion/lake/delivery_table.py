"""What became of every delivery, as the table that the warehouse reads: the ledger is folded in one place."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from ingestion.lake.ledger import Ledger, LoadState
from ingestion.lake.ledger_state import Status
from ingestion.parquet_table import write_table

NO_AGREEMENT: Status = "no_agreement"  # the state of what would be in force, were its agreement live
COLUMNS = {
    "load_id": "VARCHAR",
    "extract_id": "VARCHAR",
    "community_id": "VARCHAR",
    "partner_id": "VARCHAR",
    "entity": "VARCHAR",
    "school_year": "INTEGER",
    "collection": "VARCHAR",
    "file_name": "VARCHAR",
    "sha256": "VARCHAR",
    "received_at": "TIMESTAMP",
    "changed_at": "TIMESTAMP",
    "state": "VARCHAR",
    "reason": "VARCHAR",
    "n_rows": "BIGINT",
    "n_quarantined": "BIGINT",
    "seconds": "DOUBLE",
}


def write_deliveries(ledger: Ledger, target: Path, left_out: Mapping[str, str]) -> None:
    """Write one row per delivery, with the state it is in; of extracts `left_out` it is NO_AGREEMENT."""
    rows = [
        (
            *(state.load_id, state.delivery.extract_id, state.delivery.community, state.delivery.partner),
            *(state.delivery.entity, state.delivery.school_year, state.delivery.collection),
            *(state.delivery.file_name, state.delivery.sha256, state.received_at, state.at),
            *_status(state, left_out),
            *(state.rows, state.quarantined, state.seconds),
        )
        for state in ledger.state()
    ]
    with duckdb.connect(config={"threads": 1}) as con:
        write_table(con, target, COLUMNS, rows)


def _status(state: LoadState, left_out: Mapping[str, str]) -> tuple[str, str | None]:
    """State and reason of a delivery."""
    if state.in_force and state.delivery.extract_id in left_out:
        return NO_AGREEMENT, left_out[state.delivery.extract_id]
    return state.status, state.reason
