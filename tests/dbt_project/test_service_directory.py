"""Directories of services: tables of HSDS into organizations, sites and services, by hand-worked rows."""

from __future__ import annotations

from typing import Any

import duckdb
from tiny_warehouse import Lake, Row, Warehouse
from ingestion.warehouse_file import open_warehouse

MODELS = ("hsds__organization", "hsds__site", "hsds__service", "hsds__service_at_site")


def rows_of(table: str, rows: list[Row], layout: str = "hsds_3_datapackage") -> list[Row]:
    return [{"extract_id": f"north.hsds_{table}.{layout}", **row} for row in rows]


def ask(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query over staging, whose views read the files of the home."""
    with open_warehouse(warehouse.home) as con:
        con.execute(f"set file_search_path = '{warehouse.home.root}'")
        return con.execute(sql).fetchall()


def directory(lake: Lake) -> Lake:
    """A pantry and a clinic at two places of one organization, by HSDS 3."""
    tables: dict[str, list[Row]] = {
        "organization": [{"id": "o", "name": "Helpers"}],
        "location": [
            {"id": "a", "organization_id": "o", "name": "Oak House", "latitude": 41.3},
            {"id": "b", "organization_id": "o", "name": None},
        ],
        "address": [
            {"id": "1", "location_id": "a", "address_1": "PO Box 1", "city": "X", "address_type": "postal"},
            {"id": "2", "location_id": "a", "address_1": "2 Oak St", "address_2": "Floor 3", "address_type": "physical"},
            {"id": "3", "location_id": "a", "address_1": "9 Elm St", "address_type": "physical"},
            {"id": "4", "location_id": "b", "address_1": "7 Fir St", "address_type": "Physical"},
        ],
        "service": [
            {"id": "p", "organization_id": "o", "name": "Pantry", "minimum_age": 0, "maximum_age": 200},
            {"id": "c", "organization_id": "o", "name": "Clinic", "minimum_age": 3, "maximum_age": 18},
        ],
        "service_at_location": [
            {"id": "1", "service_id": "p", "location_id": "a"},
            {"id": "2", "service_id": "c", "location_id": "b"},
            {"id": "3", "service_id": "c", "location_id": "b"},
        ],
        "taxonomy_term": [{"id": "f", "name": "Food"}, {"id": "h", "name": "Health"}],
        "attribute": [
            {"id": "1", "link_id": "p", "link_entity": "service", "taxonomy_term_id": "f"},
            {"id": "2", "link_id": "c", "link_entity": "service", "taxonomy_term_id": "h"},
            {"id": "3", "link_id": "c", "link_entity": "service", "taxonomy_term_id": "f"},
            {"id": "4", "link_id": "a", "link_entity": "location", "taxonomy_term_id": "h"},
        ],
        "phone": [
            {"id": "1", "organization_id": "o", "number": "555-0101", "type": "fax"},
            {"id": "2", "organization_id": "o", "number": "555-0102"},
            {"id": "3", "organization_id": "o", "service_id": "p", "number": "555-0103"},
        ],
    }
    for table, rows in tables.items():
        lake.deliver(f"hsds_{table}", 2024, rows_of(table, rows))
    return lake


def test_a_directory_is_organizations_sites_and_services(manifest: Any, lake: Lake) -> None:
    warehouse = Warehouse(manifest, directory(lake).finish())
    warehouse.build("--select", *(f"+{model}" for model in MODELS))
    assert ask(warehouse, "select organization_id, phone from staging.hsds__organization") == [("o", "555-0102")]
    sites = "select site_id, site_name, street_address from staging.hsds__site order by 1"
    assert ask(warehouse, sites) == [
        ("a", "Oak House", "2 Oak St, Floor 3"),
        ("b", "7 Fir St", "7 Fir St"),
    ]
    services = (
        "select service_id, minimum_age_years::int, maximum_age_years::int, taxonomy_terms"
        " from staging.hsds__service order by 1"
    )
    assert ask(warehouse, services) == [("c", 3, 18, "Food;Health"), ("p", 0, None, "Food")]
    at = "select service_id, site_id from staging.hsds__service_at_site order by 1"
    assert ask(warehouse, at) == [("c", "b"), ("p", "a")]



def test_a_directory_reaches_the_marts(manifest: Any, lake: Lake) -> None:
    warehouse = Warehouse(manifest, directory(lake).finish())
    marts = ("dim_organization", "dim_site", "dim_service", "dim_service_at_site", "dim_program")
    # models alone: tests of the marts look at models that are not built here
    warehouse.build("--exclude-resource-type", "test", "--select", *(f"+{mart}" for mart in marts))
    counts = " union all ".join(f"select '{mart}', count(*) from marts.{mart}" for mart in marts)
    assert dict(ask(warehouse, counts)) == {
        "dim_organization": 1,
        "dim_site": 2,
        "dim_service": 2,
        "dim_service_at_site": 2,
        "dim_program": 0,
    }


def test_a_service_that_lists_its_place_and_terms_itself(manifest: Any, lake: Lake) -> None:
    layout = "ohana_csv"
    lake.deliver("hsds_location", 2024, rows_of("location", [{"id": "a", "organization_id": "o", "name": "A"}], layout))
    lake.deliver(
        "hsds_service",
        2024,
        rows_of("service", [{"id": "s", "name": "S", "location_id": "a", "taxonomy_ids": "101, 102,9"}], layout),
    )
    terms = [{"id": "101", "name": "Food"}, {"id": "102", "name": "Care"}]
    lake.deliver("hsds_taxonomy_term", 2024, rows_of("taxonomy_term", terms, layout))
    # terms of another layout of the same partner are another directory's
    lake.deliver(
        "hsds_taxonomy_term",
        2024,
        [{"extract_id": "north.hsds_taxonomy_term.hsds_1_datapackage", "id": "9", "name": "Other"}],
        partner="north2",
    )
    warehouse = Warehouse(manifest, lake.finish())
    warehouse.build("--select", *(f"+{model}" for model in MODELS))
    services = "select organization_id, taxonomy_terms from staging.hsds__service"
    assert ask(warehouse, services) == [("o", "Care;Food")]
    assert ask(warehouse, "select service_id, site_id from staging.hsds__service_at_site") == [("s", "a")]
