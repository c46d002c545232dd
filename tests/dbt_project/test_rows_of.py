"""An entity's rows come from its files, and from the models of standards where macros/standard_models.sql names them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tiny_warehouse import Lake, Warehouse

from ingestion.home import Home
from orchestration.rebuilding import BuildRecord
from orchestration.warehouse import FINGERPRINT
from publishing.dbt_project import DBT_PROJECT
from tests.dbt_in_process import parse_project

# what a standard's model looks like: its own order of columns, and a column of the entity that it cannot tell
MODEL = """
select
    service_id,
    'S9' as site_id,
    null as description,
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    _load_id,
    _source_file,
    _row_number
from {{ source('raw', 'service') }}
"""
LAST, ONE_MORE = "    }) }}", "        'service_at_site': ['std__service_at_site'],\n    }) }}"
STAGED, FACTS = "model.milepost.stg_service_at_site", "model.milepost.dim_service_at_site"


@pytest.fixture(scope="module")
def contributed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """The manifest of a copy of the project in which a standard contributes to service_at_site."""
    project = tmp_path_factory.mktemp("copy") / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    macro = project / "macros" / "standard_models.sql"
    assert macro.read_text().count(LAST) == 1
    macro.write_text(macro.read_text().replace(LAST, ONE_MORE))
    (project / "models" / "staging" / "std__service_at_site.sql").write_text(MODEL)
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create(), project), project


def test_without_standards_an_entity_is_its_source_alone(manifest: Any) -> None:
    staged = manifest.nodes["model.milepost.stg_employment"].depends_on.nodes
    assert [node for node in staged if ".raw." in node] == ["source.milepost.raw.employment"]
    assert not [node for node in staged if "__" in node]


def test_files_and_the_models_of_a_standard_are_one_entity(contributed: tuple[Any, Path], tmp_path: Path) -> None:
    manifest, project = contributed
    assert set(manifest.nodes[STAGED].depends_on.nodes) == {
        "source.milepost.raw.service_at_site",
        "model.milepost.std__service_at_site",
    }
    lake = Lake(tmp_path)
    lake.deliver("service_at_site", 2025, [{"service_id": "V1", "site_id": "S1", "description": "upstairs"}])
    lake.deliver("service", 2025, [{"service_id": "V2", "service_name": "Tutoring"}], partner="south")
    warehouse = Warehouse(manifest, lake.finish(), project)
    warehouse.build("--select", "+dim_service_at_site")
    assert warehouse.query("select service_id, site_id, description from marts.dim_service_at_site order by 1") == [
        ("north:v1", "north:s1", "upstairs"),
        ("south:v2", "south:s9", None),
    ]


def test_what_a_standard_tells_is_built_again_when_it_changes(contributed: tuple[Any, Path], tmp_path: Path) -> None:
    facts = contributed[0].to_dict() | {FINGERPRINT: "of the project"}
    home = Home(tmp_path).create()
    for entity in ("service", "service_at_site"):
        empty = home.snapshot.empty_raw_file(entity)
        empty.parent.mkdir(parents=True)
        empty.touch()
    built = [STAGED, FACTS]

    def outdated() -> list[str]:
        return [node for node in BuildRecord(facts, home).outdated() if node in built]

    with BuildRecord(facts, home).building(built):
        home.warehouse.touch()
    assert outdated() == []
    (home.snapshot.raw / "service" / "delivered.parquet").touch()
    assert outdated() == [FACTS]  # the view is as it was
