"""What a refresh asks dbt to build, by dbt's own rule of which nodes a name stands for."""

from __future__ import annotations

import random
from pathlib import Path

from dbt.graph.selector_methods import is_selected_node

from ingestion.home import Home
from orchestration.rebuilding import BuildRecord, published_models
from orchestration.warehouse import prepared_manifest


def test_what_is_asked_for_are_the_chosen_models_whatever_folders_they_fill(tmp_path: Path) -> None:
    manifest = prepared_manifest()
    record = BuildRecord(manifest, Home(tmp_path))
    nodes = {n: node for n, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    of_staging = [name for name, node in nodes.items() if node["fqn"][1] == "staging"]
    chance = random.Random(7)
    several = [sorted(chance.sample([*nodes], size)) for size in (1, 5, 80, len(nodes) - 1)]
    for chosen in ([*nodes], of_staging, published_models(manifest), of_staging[1:], *several):
        option, *names = record.selection(chosen)
        paths = [name.removeprefix("fqn:") for name in names]
        asked = {
            n for n, node in nodes.items() if any(is_selected_node(node["fqn"], p, False) for p in paths)
        }
        assert (option, asked) == ("--select", set(chosen))


def test_a_whole_warehouse_is_one_name(tmp_path: Path) -> None:
    manifest = prepared_manifest()
    record = BuildRecord(manifest, Home(tmp_path))
    everything = [n for n, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")]
    assert record.selection(everything) == ["--select", "fqn:milepost"]
    assert record.selection(published_models(manifest)) == ["--select", "fqn:milepost.published"]
