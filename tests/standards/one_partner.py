"""A deployment with one partner that sends what a layout describes, and the lake it becomes."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import duckdb

from expectations.loading import load_file
from expectations.outcome import LoadOutcome
from ingestion.configuration.community import load_communities
from ingestion.home import Home
from ingestion.landing.receive import receive


class OnePartner:
    """The partner `ours`, whose contracts are written by a test."""

    def __init__(self, root: Path) -> None:
        self.community = root / "communities" / "river"
        self.home = Home(root / "home")
        self.sent = root / "sent"
        self.sent.mkdir()
        (self.community / "extracts").mkdir(parents=True)
        (self.community / "community.yml").write_text(
            "community: river\nname: River\nschool_years: {first: 2005, last: 2026}\n"
            "collections: {annual: {maturity: final}}\n"
            "partners: {ours: {title: Ours, sector: k12}}\n"
        )
        (self.community / "agreements.yml").write_text(
            "agreements:\n  ours_2024: {parties: [ours, river], purpose: to see,"
            " starts: 2000-01-01, expires: 2999-01-01, retention_years: 7}\n"
        )

    def contract(self, name: str, text: str = "") -> None:
        """A contract over a layout of this name, or over an entity where `text` says which."""
        said = dedent(text)
        over = "" if "entity:" in said else f"layout: {name}\n"
        (self.community / "extracts" / f"ours__{name}.yml").write_text(
            f"partner: ours\n{over}agreement: ours_2024\n{said}"
        )

    def load(self, path: Path, school_year: int | None = None) -> dict[str, LoadOutcome]:
        """Load a file or folder; the outcome of each extract, by its id without the partner."""
        communities = load_communities(self.community.parent)
        deliveries = receive(self.home, communities, path, school_year=school_year)
        outcomes = load_file(self.home, communities, deliveries)
        return {o.delivery.extract_id.removeprefix("ours."): o for o in outcomes}

    def rows(self, entity: str, sql: str) -> list[tuple[Any, ...]]:
        """What `sql` (with `raw` as the table) gives over the entity's rows in force."""
        files = f"{self.home.raw}/{entity}/*/*-*.parquet"
        return duckdb.sql(f"with raw as (from read_parquet('{files}')) {sql}").fetchall()

    def in_force(self) -> list[str]:
        return sorted(path.relative_to(self.home.raw).parts[0] for path in self.home.raw.rglob("*-*.parquet"))


def failed_rules(outcome: LoadOutcome) -> dict[str, int]:
    """Rule -> rows that break it."""
    return {result.rule: result.violations for result in outcome.results if not result.passed}


def write_csv(path: Path, header: str, rows: Sequence[str]) -> Path:
    """A CSV file of these lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path
