"""Who is who stands between what partners sent and every table that speaks of a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from ingestion.contracts.entities import load_entities
from orchestration.warehouse import prepared_manifest

pytestmark = [pytest.mark.usefixtures("home"), pytest.mark.xdist_group("orchestration")]
LINKS = "source.milepost.identity.person_links"


def _sources(manifest: dict[str, Any], name: str) -> set[str]:
    seen: set[str] = set()
    todo = [name]
    while todo:
        node = manifest["nodes"].get(todo.pop(), {})
        for parent in node.get("depends_on", {}).get("nodes", []):
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)
    return {parent for parent in seen if parent.startswith("source.")}


def _of_persons(manifest: dict[str, Any]) -> Iterator[str]:
    for name, node in manifest["nodes"].items():
        if node["resource_type"] == "model" and "person_id" in node["columns"]:
            yield name


def test_every_model_with_persons_is_made_of_links() -> None:
    manifest = prepared_manifest()
    models = [*_of_persons(manifest)]
    assert {"intermediate", "marts"} <= {manifest["nodes"][name]["fqn"][1] for name in models}
    assert [name for name in models if LINKS not in _sources(manifest, name)] == []


def test_dagster_shows_links_between_what_is_sent_and_what_is_made_of_it() -> None:
    from orchestration.definitions import defs

    graph = defs().get_repository_def().asset_graph
    links = graph.get(dg.AssetKey(["identity", "person_links"]))
    told = {entity for entity, made in load_entities().items() if "student_id" in made.columns}
    parents = {key.path[-1] for key in links.parent_keys if key.path[0] == "raw"}
    assert {"person", "enrollment", "housing_episode"} <= told & parents
    children = {key.path[0] for key in links.child_keys}
    assert children >= {"staging", "intermediate"}
    assert not children & {"raw", "published"}
