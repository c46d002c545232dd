"""What a refresh asks dbt to build: the chosen models and no other."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from ingestion.home import Home
from orchestration.rebuilding import published_models
from orchestration.warehouse import own_copy, prepared_manifest, selection_of
from tests.dbt_in_process import run_dbt


@pytest.mark.parametrize("chosen", ["everything", "published", "five of any layer"])
def test_what_is_asked_for_are_the_chosen_models(tmp_path: Path, chosen: str) -> None:
    manifest = prepared_manifest()
    everything = [n for n, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")]
    nodes = {
        "everything": everything,
        "published": published_models(manifest),
        "five of any layer": random.Random(7).sample(everything, 5),
    }[chosen]
    before = json.dumps(manifest, default=str)
    selection = selection_of(nodes, len(nodes))
    types = ["--resource-type", "model", "--resource-type", "seed", "--output-keys", "unique_id"]
    found = run_dbt(
        own_copy(manifest, selection.tagged),
        Home(tmp_path),
        *("list", "--output", "json", *types, *selection.arguments),
    )
    assert found.success, found.exception
    assert {json.loads(line)["unique_id"] for line in found.result} == set(nodes)
    assert json.dumps(manifest, default=str) == before  # the next run begins with none chosen
