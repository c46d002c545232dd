"""Tell the partner: turn a load's outcome into its feedback page and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from expectations.feedback import BadRow, Feedback, units_of, write_csv, write_page
from expectations.labels import label_of
from ingestion.configuration.community import Communities
from ingestion.home import Home
from ingestion.readers.formats import row_numbers_of
from ingestion.wording import counted, visible

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
    feedback = Feedback(
        title=contract.title,
        partner=communities.partners[delivery.partner].title,
        file_name=visible(delivery.file_name),
        period=delivery.period.replace("-", " ", 1),
        load_id=delivery.load_id,
        outcome=outcome.outcome,
        sentence=_sentence(outcome),
        rows=outcome.rows,
        quarantined=outcome.quarantined,
        failed=failed,
        passed=len(outcome.results) - len(failed),
        bad_rows=outcome.bad_rows,
        n_bad_rows=outcome.n_bad_rows,
        row_numbers=row_numbers_of(contract.reader, _source_of(outcome.bad_rows) or delivery.file_name),
        units=units_of(con, failed) if con is not None and failed else {},
        labels={name: label_of(contract, name).strip('"') for name in contract.columns},
    )
    write_page(home.feedback_page(delivery.partner, delivery.load_id), feedback)
    write_csv(home.feedback_csv(delivery.partner, delivery.load_id), feedback, con)


def _source_of(rows: Sequence[BadRow]) -> str:
    """The part of the file that the first row stands in: a member of an archive has its own format."""
    return rows[0].source_file if rows else ""


def _sentence(outcome: LoadOutcome) -> str:
    if outcome.outcome == "accepted":
        loaded = counted(outcome.rows, "row is", "rows are")
        return f"Thank you: {'the ' if outcome.rows == 1 else 'all '}{loaded} loaded."
    if outcome.outcome == "accepted_with_quarantine":
        accepted = outcome.rows - outcome.quarantined
        kept = f"{accepted:,} of {counted(outcome.rows, 'row')} {'is' if accepted == 1 else 'are'} loaded"
        held = counted(outcome.quarantined, "row is", "rows are")
        them = "it" if outcome.quarantined == 1 else "them"
        until = f"until you correct {them} and send the whole file again"
        return f"Thank you: {kept}. {held} held back {until}."
    return (
        "Nothing of this file is loaded; what you sent before stays in use."
        " Correct what stops the file, then send the whole file again."
    )
