"""Fixtures that judge the tiny deliveries of tiny_deliveries.py."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tiny_deliveries import ATTENDANCE, Judge, Row, mapped_attendance

from expectations.gate import GateResult, gate
from expectations.history import NO_HISTORY, History
from ingestion.contracts.contract import Contract
from ingestion.contracts.loading import load_contract


@pytest.fixture
def write_contract(tmp_path: Path) -> Callable[[str], Contract]:
    def write(extra: str = "", text: str = ATTENDANCE) -> Contract:
        entity = "person" if "entity: person" in text else "attendance"
        path = tmp_path / f"rivers__{entity}.yml"
        path.write_text(text + extra)
        return load_contract(path)

    return write


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 2})


@pytest.fixture
def judge(con: duckdb.DuckDBPyConnection, write_contract: Callable[..., Contract]) -> Judge:
    """Judge attendance rows by the tiny contract; the first row is row 2 of the file."""

    def judge(
        rows: list[Row],
        extra: str = "",
        history: History = NO_HISTORY,
        text: str = ATTENDANCE,
        **more: object,
    ) -> GateResult:
        return gate(con, mapped_attendance(con, rows), write_contract(extra, text), history, **more)  # type: ignore[arg-type]

    return judge
