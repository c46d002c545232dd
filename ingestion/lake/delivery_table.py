"""What became of every delivery, as the table that the warehouse reads: the ledger is folded in one place."""

from pathlib import Path

import duckdb

from ingestion.lake.ledger import Ledger
from ingestion.parquet_table import write_table

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


def write_deliveries(ledger: Ledger, target: Path) -> None:
    """Write one row per delivery, with the state it is in."""
    rows = [
        (
            *(state.load_id, state.delivery.extract_id, state.delivery.community, state.delivery.partner),
            *(state.delivery.entity, state.delivery.school_year, state.delivery.collection),
            *(state.delivery.file_name, state.delivery.sha256, state.received_at, state.at),
            *(state.status, state.reason, state.rows, state.quarantined, state.seconds),
        )
        for state in ledger.state()
    ]
    with duckdb.connect(config={"threads": 1}) as con:
        write_table(con, target, COLUMNS, rows)
