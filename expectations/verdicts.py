"""What follows from a verdict: the gate's record, rows held back, the partner's page, the ledger's line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from expectations.outcome import LoadOutcome, summary, unchanged
from expectations.quarantine import ACCEPTED, write_quarantine
from expectations.results import write_results
from expectations.telling import tell_partner
from ingestion.configuration.community import Communities
from ingestion.errors import DeliveryError
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.lake import stage
from ingestion.lake.ledger import Ledger
from ingestion.lake.swaps import Staged


def stage_accepted(
    home: Home,
    communities: Communities,
    con: duckdb.DuckDBPyConnection,
    outcome: LoadOutcome,
    table: str = ACCEPTED,
) -> Staged:
    """Write all that follows from an acceptance of `table` but the last step, which puts it in force."""
    delivery = outcome.delivery
    assert outcome.outcome in ("accepted", "accepted_with_quarantine")
    with _disk(delivery):
        _write_verdict(home, communities, con, outcome, judged=True)
        if outcome.quarantined:
            write_quarantine(con, home.quarantine_file(delivery.entity, delivery.load_id))
    return stage(
        home,
        con,
        table,
        delivery,
        outcome=outcome.outcome,
        quarantined=outcome.quarantined,
        seconds=round(outcome.seconds, 3),
    )


def write_rejected(
    home: Home,
    communities: Communities,
    con: duckdb.DuckDBPyConnection,
    outcome: LoadOutcome,
    *,
    judged: bool = False,
) -> None:
    """Write what was wrong, and the rejection into the ledger; if `judged`, the gate's tables are there."""
    ledger = Ledger(home.ledger)
    with _disk(outcome.delivery):
        _write_verdict(home, communities, con, outcome, judged=judged)
    known = ledger.load(outcome.delivery.load_id)
    if known and known.status == "rejected" and known.reason == outcome.reason:
        return
    ledger.append(
        outcome.delivery.event(
            "rejected",
            rows=outcome.rows,
            quarantined=outcome.quarantined,
            reason=outcome.reason,
            seconds=round(outcome.seconds, 3),
        )
    )


def _write_verdict(
    home: Home,
    communities: Communities,
    con: duckdb.DuckDBPyConnection,
    outcome: LoadOutcome,
    *,
    judged: bool,
) -> None:
    delivery = outcome.delivery
    write_results(
        con,
        home.gate_file(delivery.load_id),
        load_id=delivery.load_id,
        extract_id=delivery.extract_id,
        rows=outcome.rows,
        results=outcome.results,
    )
    tell_partner(home, communities, outcome, con if judged else None)


def settled(home: Home, delivery: Delivery) -> LoadOutcome | None:
    """The outcome of a delivery that is in force or was: nothing is to be done about it again."""
    ledger = Ledger(home.ledger)
    state = ledger.load(delivery.load_id)
    if state is None or state.status in ("received", "rejected", "outdated", "purged"):
        return None
    if state.status == "split":
        parts = [
            unchanged(other)
            for other in ledger.state()
            if (other.delivery.extract_id, other.delivery.sha256, other.delivery.fingerprint)
            == (delivery.extract_id, delivery.sha256, delivery.fingerprint)
            and other.load_id != delivery.load_id
        ]
        return summary(delivery, parts)
    return unchanged(state)


@contextmanager
def _disk(delivery: Delivery) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.IOException) as error:
        raise DeliveryError(
            f"what the gate found could not be written ({type(error).__name__})",
            where=delivery.file_name,
            rule="What was in force before still is",
            next_step="See to free disk space and the rights of MILEPOST_HOME, then load it again",
        ) from None
