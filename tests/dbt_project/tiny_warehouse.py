"""A warehouse from a handful of hand-written rows: a lake of typed Parquet, and dbt run in this process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from identity.address_keys import find_homes, make_address_keys
from identity.accounts import PERSON
from ingestion.lake.delivery import Delivery
from ingestion.contracts.entities import load_entities
from ingestion.home import Home
from ingestion.lake.lake import take_snapshot
from ingestion.lake.ledger import Ledger
from ingestion.configuration.reference_tables import TABLES
from publishing.dbt_project import DBT_PROJECT
from publishing.registry_tables import write_registry_tables
from tests.dbt_in_process import problems, run_dbt
from ingestion.warehouse_file import open_warehouse

Row = Mapping[str, object]

# the tables of the configuration that models read
READ = (
    *("communities", "collections", "partners", "due_dates", "crosswalks", "extract_codes", "cut_scores"),
    "publication_plan",
    "geography_changes",
    "program_matching",
    "neighborhoods",
    "disclosure_rules",
    "disclosure_folds",
    "disclosure_protected_last",
    "disclosure_implications",
    "disclosure_holds",
)
RULE_RESULTS = (
    "load_id varchar, rule varchar, expectation varchar, column_name varchar, severity varchar, "
    "passed boolean, violations bigint, share double, explanation varchar"
)
# columns that name a place, and what kind of account it is
PLACES = {"school_id": "school", "site_id": "site", "project_id": "project"}
PLACE_LINKS = (
    "kind varchar, community_id varchar, entity varchar, partner_id varchar, account_id varchar, place_id varchar, "
    "method varchar, match_probability double, levels varchar"
)
PLACES_TOLD = (
    "place_id varchar, community_id varchar, kind varchar, place_name varchar, entity varchar, nces_id varchar, "
    "state_school_id varchar, tax_id varchar, zip_code varchar, n_accounts bigint, n_partners bigint"
)


MATCH_RATES = {"load_id": "varchar", "n_children": "bigint", "n_matched": "bigint", "has_held": "boolean"}


class Lake:
    """A home whose raw, reference and identity files are written from rows."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root).create()
        self.home.dbt_target.mkdir(parents=True, exist_ok=True)
        self.reference: dict[str, list[Row]] = {
            "communities": [{"community_id": "riverbend", "first_school_year": 2015, "last_school_year": 2030}],
            "collections": [
                {"community_id": "riverbend", "collection": "annual", "maturity": "final", "sort_order": 0},
                {"community_id": "riverbend", "collection": "fall", "maturity": "interim", "sort_order": 1},
            ],
            "partners": [],
            "due_dates": [],
            "crosswalks": [],
            "extract_codes": [],
            "cut_scores": [],
            "publication_plan": [],
            "geography_changes": [],
            "program_matching": [],
            "neighborhoods": [],
            "disclosure_rules": [
                {
                    "community_id": "riverbend",
                    "shows_bands": True,
                    "band_smallest": 4,
                    "band_share": 0.05,
                    "shows": "counts",
                }
            ],
            "disclosure_folds": [],
            "disclosure_protected_last": [],
            "disclosure_implications": [],
            "disclosure_holds": [],
        }
        self.persons: dict[tuple[str, str], str] = {}
        self.places: set[tuple[str, str, str]] = set()
        for entity, facts in load_entities().items():
            self._write(self.home.empty_raw_file(entity), facts.raw_columns, [])

    def deliver(
        self,
        entity: str,
        school_year: int,
        rows: Iterable[Row],
        *,
        partner: str = "north",
        collection: str = "annual",
        received: str | None = None,
    ) -> None:
        """Put one delivery in force; a second one of the same partner, year and collection replaces it.

        It is `received` at that time (UTC, ISO 8601), else now.
        """
        extract = f"{partner}__{entity}"
        owned = {
            "community_id": "riverbend",
            "partner_id": partner,
            "extract_id": extract,
            "school_year": school_year,
            "collection": collection,
            "_load_id": f"{extract}-{school_year}-{collection}",
            "_source_file": "rows.csv",
        }
        complete = [owned | dict(row) | {"_row_number": number} for number, row in enumerate(rows, start=2)]
        for row in complete:
            if student := row.get("student_id"):
                self.persons.setdefault((partner, str(student)), f"person_{student}")
            for column, place in PLACES.items():
                if number := row.get(column):
                    self.places.add((place, partner, str(number).strip().lower()))
        self._write(
            self.home.raw_file(entity, extract, school_year, collection),
            load_entities()[entity].raw_columns,
            complete,
        )
        Ledger(self.home.ledger).append(
            Delivery(
                load_id=str(owned["_load_id"]),
                extract_id=extract,
                community="riverbend",
                partner=partner,
                entity=entity,
                school_year=school_year,
                collection=collection,
                sha256="",
                file_name="rows.csv",
                landed=self.home.landing,
                fingerprint="",
            ).event("accepted", rows=len(complete), at=received)
        )

    def write_rule_results(self, load_id: str, rows: Sequence[Row]) -> None:
        self._write(self.home.gate_file(load_id), _types(RULE_RESULTS), rows)

    def finish(self) -> Home:
        """Write what the warehouse reads besides raw."""
        write_registry_tables(self.home, DBT_PROJECT, {"riverbend": "all"})
        for table in READ:
            self._write(self.home.reference_file(table), TABLES[table], self.reference[table])
        self._write(self.home.reference_file("withdrawn_releases"), {"release_id": "varchar"}, [])
        links = [
            {"partner_id": partner, "student_id": student, "person_id": person, "method": "partner_id"}
            for (partner, student), person in self.persons.items()
        ]
        columns = dict.fromkeys(("partner_id", "student_id", "person_id", "method"), "varchar")
        self._write(self.home.person_links, columns, links)
        self._write(self.home.identity / "match_rates.parquet", MATCH_RATES, [])
        self._write_address_keys()
        self._write_places()
        return self.home

    def _write_address_keys(self) -> None:
        nothing = ", ".join(f"null::{kind} as {name}" for name, kind in PERSON.items())
        with duckdb.connect() as con:
            con.execute(
                f"create table account as select {', '.join(PERSON)} from ((select {nothing} limit 0) union all by name "
                f"from read_parquet('{self.home.raw}/person/**/*.parquet', union_by_name = true))"
            )
            find_homes(con, self.home, only_news=False)
            con.execute("attach ':memory:' as vault; create table vault.home as from new_home")
            make_address_keys(con, "a key for tests", only_news=False)
            con.sql("from address_key").write_parquet(str(self.home.address_keys))

    def _write_places(self) -> None:
        """Every school, site and project is a place of its own."""
        accounts: list[Row] = [
            {
                "community_id": "riverbend",
                "kind": "site",
                "entity": entity,
                "partner_id": partner,
                "account_id": f"{partner}:{number}",
                "place_id": f"{entity}_of_{partner}_{number}",
                "method": "alone",
                "place_name": number,
                "n_accounts": 1,
                "n_partners": 1,
            }
            for entity, partner, number in sorted(self.places)
        ]
        self._write(self.home.place_links, _types(PLACE_LINKS), accounts)
        self._write(self.home.places, _types(PLACES_TOLD), accounts)

    @staticmethod
    def _write(path: Path, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as con:
            con.execute(
                f"create table rows ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
            )
            if rows:
                values = [[row.get(name) for name in columns] for row in rows]
                con.executemany(f"insert into rows values ({', '.join('?' * len(columns))})", values)
            con.table("rows").write_parquet(str(path))


class Warehouse:
    """dbt on one home, with a manifest parsed once for all of them."""

    def __init__(self, manifest: Any, home: Home, project: Path = DBT_PROJECT) -> None:
        self.manifest = manifest
        self.home = home
        self.project = project

    def dbt(self, *arguments: str) -> Any:
        """The result of a dbt command; the warehouse file is let go afterwards."""
        take_snapshot(self.home)
        return run_dbt(self.manifest, self.home, *arguments, project=self.project)

    def build(self, *arguments: str) -> None:
        result = self.dbt("build", "--exclude-resource-types", "unit_test", *arguments)
        assert result.success, problems(result)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with open_warehouse(self.home) as con:
            return con.execute(sql).fetchall()


def _types(columns: str) -> dict[str, str]:
    pairs = (column.split() for column in columns.split(","))
    return {pair[0]: pair[1] for pair in pairs}
