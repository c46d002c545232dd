"""One delivery of a layout, loaded as `milepost load` does, in a deployment of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measuring import Laps


def load_delivery(folder: Path, layout: str, export: Path, laps: Laps) -> dict[str, int]:
    """Rows by extract, of a file or folder that must be accepted; laps `start`, `receive` and `load`."""
    from expectations.gx_duckdb import known_expectations
    from expectations.loading import load_file
    from ingestion.configuration.community import load_communities
    from ingestion.home import Home
    from ingestion.landing.receive import receive

    known_expectations()  # the import is paid once per process, not per delivery
    communities, home = load_communities(_configuration(folder, layout)), Home(folder / "home").create()
    laps.lap("start")
    deliveries = receive(home, communities, export)
    laps.lap("receive")
    outcomes = load_file(home, communities, deliveries)
    laps.lap("load")
    assert all(outcome.outcome == "accepted" for outcome in outcomes), [o.reason for o in outcomes]
    return {outcome.delivery.extract_id: outcome.rows for outcome in outcomes}


def _configuration(folder: Path, layout: str) -> Path:
    place = folder / "communities" / "bench"
    (place / "extracts").mkdir(parents=True)
    (place / "community.yml").write_text(
        "community: bench\nname: Bench\nschool_years: {first: 2020, last: 2026}\n"
        "collections: {annual: {maturity: final}}\npartners: {ours: {title: Ours, sector: housing}}\n"
    )
    (place / "agreements.yml").write_text(
        "agreements:\n  all: {parties: [ours], purpose: to measure, extracts: all, starts: 2020-01-01,"
        " expires: 2999-01-01}\n"
    )
    (place / "extracts" / f"ours__{layout}.yml").write_text(
        f"partner: ours\nlayout: {layout}\nagreement: all\n"
    )
    return place.parent
