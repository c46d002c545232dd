"""Fixtures of the warehouse: a manifest parsed once, and an empty lake per test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_warehouse import PROJECT, Lake, environment, places

from ingestion.home import Home
from publishing.registry import write_union_macro


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The parsed project, for every home of the session."""
    from dbt.cli.main import dbtRunner

    write_union_macro(PROJECT)
    home = Home(tmp_path_factory.mktemp("parse")).create()
    with environment(home):
        result = dbtRunner().invoke(["parse", *places(home)])
    assert result.success, result.exception
    return result.result


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "home")
