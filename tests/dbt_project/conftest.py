"""Fixtures of the warehouse: a manifest parsed once, and an empty lake per test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_warehouse import Lake

from ingestion.home import Home
from tests.dbt_in_process import parse_project


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The parsed project, for every home of the session."""
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "home")
