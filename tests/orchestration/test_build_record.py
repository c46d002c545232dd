"""What a build record believes: the warehouse it left, and nothing that another writer may have put there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from ingestion.home import Home
from orchestration.rebuilding import BuildRecord
from orchestration.warehouse import FINGERPRINT

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
    with BuildRecord(manifest(), home).building([NODE]), duckdb.connect(str(home.warehouse)) as con:
        con.execute("create table kept as select 1 as a")
    assert BuildRecord(manifest(), home).outdated() == []
    unwritten = home.warehouse.with_name("warehouse.duckdb.wal")
    unwritten.write_bytes(b"commits of another process")
    assert BuildRecord(manifest(), home).outdated() == [NODE]
    unwritten.unlink()
    assert BuildRecord(manifest(), home).outdated() == []
