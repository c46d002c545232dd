"""The life of deliveries in the marts: what the ledger's events, worked out by hand, come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny_warehouse import Lake, Warehouse

from ingestion.lake.delivery import Delivery
from ingestion.lake.ledger import Ledger

# per delivery of the same slot, its events in the order of the ledger, and the state that they come to
LIVES = {
    "waiting": (["received"], "received"),
    "edited": (["received", "outdated"], "outdated"),
    "refused": (["received", "rejected"], "rejected"),
    "replaced": (["received", "accepted", "superseded"], "superseded"),
    "asked_again": (["received", "accepted", "withdrawn", "reopened"], "received"),
    "in_force": (["received", "accepted_with_quarantine", "superseded", "restored"], "accepted_with_quarantine"),
}  # fmt: skip


def delivery(load_id: str) -> Delivery:
    return Delivery(
        load_id=load_id,
        extract_id="north__person",
        community="riverbend",
        partner="north",
        entity="person",
        school_year=2025,
        collection="annual",
        sha256="0" * 64,
        file_name=f"{load_id}.csv",
        landed=Path("landed"),
        fingerprint="f",
    )


def test_every_delivery_is_in_the_state_that_its_events_come_to(manifest: Any, lake: Lake) -> None:
    home = lake.finish()
    ledger = Ledger(home.ledger)
    for load_id, (events, _) in LIVES.items():
        for event in events:
            reason = "three rules" if event == "rejected" else None
            rows = 40 if event.startswith("accepted") else None
            ledger.append(delivery(load_id).event(event, rows=rows, reason=reason))
    warehouse = Warehouse(manifest, home)
    warehouse.build("--select", "load_history")

    found = warehouse.query("select load_id, state from marts.load_history")
    assert dict(found) == {load_id: state for load_id, (_, state) in LIVES.items()}
    assert warehouse.query("select load_id from marts.load_history where n_rows = 40 order by 1") == [
        ("asked_again",),
        ("in_force",),
        ("replaced",),
    ]
    assert warehouse.query("select load_id, reason from marts.load_history where reason is not null") == [
        ("refused", "three rules")
    ]
    assert warehouse.query("select count(*) from marts.load_history where received_at is null") == [(0,)]
