"""Tell the partner: turn a load's outcome into its feedback page and CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from expectations.feedback import Feedback, bad_rows, units_of, write_csv, write_page
from expectations.suites import label_of
from ingestion.community import Communities
from ingestion.home import Home

if TYPE_CHECKING:
    from expectations.outcome import LoadOutcome


def tell_partner(
    home: Home, communities: Communities, outcome: LoadOutcome, con: duckdb.DuckDBPyConnection | None
) -> None:
    """Write the page and the CSV of a delivery; `con` holds the gate's tables if it got that far."""
    delivery = outcome.delivery
    contract = communities.contracts[delivery.extract_id]
    order = {"reject": 0, "quarantine": 1, "warn": 2}
    failed = sorted((r for r in outcome.results if not r.passed), key=lambda r: order[r.severity])
    total, rows = bad_rows(con) if con is not None else (0, [])
    feedback = Feedback(
        title=contract.title,
        partner=communities.partners[delivery.partner].title,
        file_name=delivery.file_name,
        period=delivery.period.replace("-", " ", 1),
        load_id=delivery.load_id,
        outcome=outcome.outcome,
        sentence=_sentence(outcome),
        rows=outcome.rows,
        quarantined=outcome.quarantined,
        failed=failed,
        passed=len(outcome.results) - len(failed),
        bad_rows=rows,
        n_bad_rows=total,
        units=units_of(con, failed) if con is not None else {},
        labels={name: label_of(contract, name).strip('"') for name in contract.columns},
    )
    write_page(home.feedback_page(delivery.partner, delivery.load_id), feedback)
    write_csv(home.feedback_csv(delivery.partner, delivery.load_id), feedback, con)


def _sentence(outcome: LoadOutcome) -> str:
    kept = f"{outcome.rows - outcome.quarantined:,} of {outcome.rows:,} rows are loaded"
    if outcome.outcome == "accepted":
        return f"Thank you: all {outcome.rows:,} rows are loaded."
    if outcome.outcome == "accepted_with_quarantine":
        return (
            f"Thank you: {kept}. {outcome.quarantined:,} are held back until you correct them and send"
            " the whole file again."
        )
    return (
        "Nothing of this file is loaded; what you sent before stays in use."
        " Correct what stops the file, then send the whole file again."
    )
