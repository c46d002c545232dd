"""A small Riverbend, written once, and its truth as views."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from synthetic import Manifest, write_community

CHILDREN, FIRST_YEAR, YEARS = 2_000, 2022, 4


@pytest.fixture(scope="session")
def riverbend(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Four school years, the last of them with interim collections: 2022 to 2025."""
    return write_community(
        tmp_path_factory.mktemp("riverbend"),
        children_per_year=CHILDREN,
        first_year=FIRST_YEAR,
        n_years=YEARS,
        interim_years=1,
    )


@pytest.fixture
def truth(riverbend: Manifest) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with one view per truth table."""
    with duckdb.connect() as con:
        for name in riverbend.truth:
            con.execute(f"create view {name} as from '{riverbend.table(name)}'")
        yield con
