"""What a build record believes: the warehouse it left, and nothing that another writer may have put there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import MilepostError
from ingestion.home import Home
from orchestration.rebuilding import BuildRecord
from orchestration.refreshing import MOST_ROUNDS, until_nothing_is_outdated
from orchestration.warehouse import FINGERPRINT
from tests.warehouse_to_write import write_warehouse

NODE = "model.milepost.kept"


def manifest() -> dict[str, Any]:
    node = {
        "resource_type": "model",
        "fqn": ["milepost", "marts", "kept"],
        "config": {"materialized": "table"},
        "depends_on": {"nodes": []},
    }
    return {"nodes": {NODE: node}, "sources": {}, FINGERPRINT: "of the project"}


def test_commits_that_a_killed_writer_left_beside_the_warehouse_are_not_believed(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    with BuildRecord(manifest(), home).building([NODE]), write_warehouse(home) as con:
        con.execute("create table kept as select 1 as a")
    assert BuildRecord(manifest(), home).outdated() == []
    unwritten = home.warehouse.with_name("warehouse.duckdb.wal")
    unwritten.write_bytes(b"commits of another process")
    assert BuildRecord(manifest(), home).outdated() == [NODE]
    unwritten.unlink()
    assert BuildRecord(manifest(), home).outdated() == []


def test_new_persons_and_codes_concern_only_what_has_rows(tmp_path: Path) -> None:
    """A staging view joins them to its rows, so while it has none they change nothing."""
    view = {
        "resource_type": "model",
        "fqn": ["milepost", "staging", "stg_kept"],
        "config": {"materialized": "view"},
        "depends_on": {"nodes": ["source.milepost.identity.person_links", "source.milepost.raw.kept"]},
    }
    table = manifest()["nodes"][NODE] | {"depends_on": {"nodes": ["model.milepost.stg_kept"]}}
    patterns = {
        "identity.person_links": "identity/person_links.parquet",
        "raw.kept": "snapshot/raw/kept/*.parquet",
    }
    facts = {
        "nodes": {NODE: table, "model.milepost.stg_kept": view},
        "sources": {
            f"source.milepost.{name}": {"relation_name": f"read_parquet('{pattern}')"}
            for name, pattern in patterns.items()
        },
        FINGERPRINT: "of the project",
    }
    home = Home(tmp_path).create()
    kept = home.snapshot.empty_raw_file("kept")
    kept.parent.mkdir(parents=True)
    kept.touch()
    home.identity.mkdir()
    home.person_links.write_text("one child")

    def build() -> None:
        with BuildRecord(facts, home).building([NODE, "model.milepost.stg_kept"]):
            home.warehouse.touch()

    build()
    home.person_links.write_text("two children")
    assert BuildRecord(facts, home).outdated() == []
    kept.with_name("delivered.parquet").touch()
    assert BuildRecord(facts, home).outdated() == [NODE]
    build()
    home.person_links.write_text("three children")
    assert BuildRecord(facts, home).outdated() == [NODE]


@pytest.mark.parametrize("n_rounds", [1, 2, 3, MOST_ROUNDS])
def test_a_refresh_builds_until_nothing_is_outdated(n_rounds: int) -> None:
    found = [[f"model.milepost.of_round_{number}"] for number in range(n_rounds)]
    left = iter([*found, []])
    assert list(until_nothing_is_outdated(lambda: next(left))) == found


def test_a_refresh_of_nothing_outdated_builds_what_each_release_needs_once() -> None:
    assert list(until_nothing_is_outdated(list)) == [[]]


def test_what_is_outdated_after_every_build_stops_the_refresh() -> None:
    builds: list[list[str]] = []
    rule = f"{NODE}: 1 model .* would have to be built again.*milepost refresh --full"
    with pytest.raises(MilepostError, match=rule):
        builds.extend(until_nothing_is_outdated(lambda: [NODE]))
    assert builds == [[NODE]] * MOST_ROUNDS
