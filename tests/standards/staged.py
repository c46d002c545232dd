"""What dbt's staging makes of a lake: some models built, and asked."""

from typing import Any

from ingestion.configuration.community import load_communities
from ingestion.configuration.reference import write_reference
from ingestion.lake.lake import take_snapshot
from ingestion.warehouse_file import open_warehouse
from publishing.dbt_project import DBT_PROJECT
from publishing.registry_tables import write_registry_tables
from tests.dbt_in_process import problems, run_dbt
from tests.standards.one_partner import OnePartner


def build_staging(manifest: Any, partner: OnePartner, *models: str) -> None:
    """Build these models and all above them from what is in force."""
    write_reference(partner.home, load_communities(partner.community.parent))
    write_registry_tables(partner.home, DBT_PROJECT, {"river": "all"})
    take_snapshot(partner.home)
    chosen = " ".join(f"+{model}" for model in models)
    kinds = ("--resource-type", "model", "--resource-type", "seed")
    result = run_dbt(manifest, partner.home, "build", *kinds, "--select", chosen)
    assert result.success, problems(result)


def staged_rows(partner: OnePartner, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the warehouse, whose views read files beside it."""
    with open_warehouse(partner.home) as con:
        con.execute(f"set file_search_path = '{partner.home.root}'")
        return con.execute(sql).fetchall()
