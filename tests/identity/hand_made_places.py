"""Accounts of organizations and sites written by hand, linked without a warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from identity.places.accounts import collect_accounts
from identity.places.link import PlaceCounts, link_accounts
from ingestion.configuration.reference_tables import TABLES
from ingestion.contracts.entities import load_entities
from ingestion.home import Home
from ingestion.parquet_table import write_table

Row = Mapping[str, object]
Account = tuple[str, str, str]  # entity, partner, local id
VIEWS = {"school": "school_id", "site": "site_id", "organization": "organization_id", "program": "program_id"}


class Places:
    """A home, and what its partners say; `link` links it and tells the place of each account."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root).create()
        self.told: dict[str, list[Row]] = {entity: [] for entity in VIEWS}
        self.numbers: list[tuple[str, str, str]] = []
        self.partners: dict[str, tuple[str, str | None]] = {}
        self.decisions: list[Row] = []
        self.counts: PlaceCounts | None = None

    def tell(self, entity: str, partner: str, local_id: str, name: str | None, **facts: object) -> None:
        """A partner's account; the partner itself is named so that it is like nothing else."""
        self.partners.setdefault(partner, (f"{partner} {partner}", None))
        owned = {"community_id": "river", "partner_id": partner, "extract_id": f"{partner}.{entity}"}
        period = {"school_year": 2025, "collection": "annual", "_row_number": len(self.told[entity]) + 2}
        named = {VIEWS[entity]: local_id, f"{entity}_name": name}
        self.told[entity].append(owned | period | named | facts)

    def decide(self, one: Account, other: Account, decision: str) -> None:
        names = ("entity", "partner_id", "local_id")
        row = dict(zip(names, one, strict=True)) | dict(
            zip([f"other_{n}" for n in names], other, strict=True)
        )
        self.decisions.append({"community_id": "river", "decision": decision} | row)

    def link(self) -> dict[Account, str]:
        with self._connection() as con:
            collect_accounts(con, self.home, "staging")
            self.counts = link_accounts(con, self.home)
        rows = self.read("place_links")
        return {(row["entity"], row["partner_id"], row["local_id"]): row["place_id"] for row in rows}

    def methods(self) -> dict[Account, str]:
        rows = self.read("place_links")
        return {(row["entity"], row["partner_id"], row["local_id"]): row["method"] for row in rows}

    def read(self, name: str) -> list[dict[str, Any]]:
        with duckdb.connect() as con:
            found = con.sql(f"from read_parquet('{getattr(self.home, name)}')")
            return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect() as con:
            partners = [
                ("river", p, title, "service", district) for p, (title, district) in self.partners.items()
            ]
            write_table(con, self.home.reference_file("partners"), TABLES["partners"], partners)
            columns = TABLES["same_places"]
            decisions = [[row.get(name) for name in columns] for row in self.decisions]
            write_table(con, self.home.reference_file("same_places"), columns, decisions)
            con.execute("create schema staging")
            for entity, rows in self.told.items():
                self._view(con, entity, rows)
            con.execute(
                "create table staging.places__number"
                " (entity varchar, community_id varchar, partner_id varchar, local_id varchar)"
            )
            for entity, partner, local_id in self.numbers:
                values = [entity, "river", partner, local_id]
                con.execute("insert into staging.places__number values (?, ?, ?, ?)", values)
            yield con

    @staticmethod
    def _view(con: duckdb.DuckDBPyConnection, entity: str, rows: list[Row]) -> None:
        columns = load_entities()[entity].raw_columns
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        con.execute(f"create table staging.places__{entity} ({listed})")
        for row in rows:
            assert set(row) <= set(columns), set(row) - set(columns)
            values = [row.get(name) for name in columns]
            con.execute(
                f"insert into staging.places__{entity} values ({', '.join('?' * len(columns))})", values
            )
