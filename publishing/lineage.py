"""Which raw tables an indicator is made of, by the references between dbt's models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CELLS = "int_indicator_cells"  # who the children are, for every indicator alike
OUTCOMES = "int_indicator_outcomes"
INDICATORS = "indicators"  # the folder of their models


def indicator_entities(manifest: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Indicator -> the entities of the lake that its model reads, or that say which groups a child is in."""
    nodes = manifest["nodes"]
    models = {node["name"]: key for key, node in nodes.items() if node["resource_type"] == "model"}
    if CELLS not in models:
        return {}
    seen: dict[str, frozenset[str]] = {}
    beside = [p for p in _parents(nodes, models[CELLS]) if nodes.get(p, {}).get("name") != OUTCOMES]
    groups = frozenset[str]().union(*(_raw(manifest, parent, seen) for parent in beside))
    return {
        node["name"]: _raw(manifest, key, seen) | groups
        for key, node in nodes.items()
        if node["resource_type"] == "model" and node["fqn"][-2] == INDICATORS
    }


def _raw(manifest: Mapping[str, Any], key: str, seen: dict[str, frozenset[str]]) -> frozenset[str]:
    if key not in seen:
        seen[key] = frozenset()  # models are no circle; a place to put the answer
        if source := manifest["sources"].get(key):
            seen[key] = frozenset([source["name"]] if source["source_name"] == "raw" else [])
        else:
            parents = _parents(manifest["nodes"], key)
            seen[key] = frozenset[str]().union(*(_raw(manifest, parent, seen) for parent in parents))
    return seen[key]


def _parents(nodes: Mapping[str, Any], key: str) -> list[str]:
    return list(nodes.get(key, {}).get("depends_on", {}).get("nodes", []))
