"""Which raw tables an indicator is made of: what the registry says it needs, by its staging models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# who a child is, where and in which circumstances: what the disaggregates are made of
OF_GROUPS = (
    *("person", "student_status", "enrollment", "school", "housing_episode", "housing_assistance"),
    *("early_learning", "participation", "birth"),
)
# looked up by rows of others, which have as many without them
LOOKED_UP = frozenset(["stg_codes", "stg_code_values", "stg_crosswalk", "stg_received", "stg_cut_score"])
COUNTS, GROUPS, OTHER = "counts", "groups", "other"  # roles, the nearest first


def indicator_entities(
    manifest: Mapping[str, Any], required: Mapping[str, Iterable[str]]
) -> dict[str, dict[str, str]]:
    """Indicator -> entity of the lake -> its role, by dbt's references between models.

    `counts`: it is of an entity that the indicator requires, in a standard or not; `groups`: it says which
    groups children are in; `other`: the model or the cells read it, through tables of many columns.
    `required` holds each indicator's required canonical entities.
    """
    lineage = _Lineage(manifest)
    groups = lineage.behind_entities(OF_GROUPS)
    cells = lineage.behind("int_indicator_cells")
    found = {}
    for indicator, entities in required.items():
        roles = dict.fromkeys(cells | lineage.behind(indicator), OTHER)
        roles |= dict.fromkeys(groups, GROUPS)
        roles |= dict.fromkeys(lineage.behind_entities(entities), COUNTS)
        found[indicator] = roles
    return found


class _Lineage:
    """The raw tables behind models; each model is looked at once."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._nodes, self._sources = manifest["nodes"], manifest["sources"]
        self._models = {
            node["name"]: key for key, node in self._nodes.items() if node["resource_type"] == "model"
        }
        self._seen: dict[str, frozenset[str]] = {}

    def behind_entities(self, entities: Iterable[str]) -> frozenset[str]:
        """The raw tables of canonical entities: their own and those of standards."""
        found = set[str]()
        for entity in entities:
            found |= {entity} | self.behind(f"stg_{entity}")
        return frozenset(found)

    def behind(self, model: str) -> frozenset[str]:
        key = self._models.get(model)
        return self._raw(key) if key else frozenset()

    def _raw(self, key: str) -> frozenset[str]:
        if key not in self._seen:
            self._seen[key] = frozenset()  # models are no circle; a place to put the answer
            if source := self._sources.get(key):
                self._seen[key] = frozenset([source["name"]] if source["source_name"] == "raw" else [])
            elif (node := self._nodes.get(key)) and node["name"] not in LOOKED_UP:
                parents = node["depends_on"].get("nodes", [])
                self._seen[key] = frozenset[str]().union(*map(self._raw, parents))
        return self._seen[key]
