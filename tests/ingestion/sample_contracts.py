"""Small contracts and files for the tests of reading and mapping."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.contracts.contract import Contract
from ingestion.contracts.loading import load_contract
from ingestion.errors import MilepostError
from ingestion.readers import read_source

ATTENDANCE = """
partner: river
entity: attendance
title: Attendance
agreement: rcs_2024
file: "*.*"
columns:
  student_id: {from: [StudentID, student_number]}
  school_id: {from: [SchoolCode]}
  days_enrolled: {from: [Enrolled]}
  days_absent: {from: [Absent]}
"""
HEADER = "StudentID,SchoolCode,Enrolled,Absent"


def contract_of(folder: Path, text: str = ATTENDANCE, extra: str = "") -> Contract:
    """The contract that `text` and `extra` state, loaded from a file in `folder`."""
    fields = dict(line.split(":", 1) for line in text.splitlines() if line[:1].isalpha())
    path = folder / f"{fields['partner'].strip()}__{fields['entity'].strip()}.yml"
    path.write_text(text + extra, encoding="utf-8")
    return load_contract(path)


def write(folder: Path, content: str | bytes, name: str = "attendance.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows_of(path: Path, contract: Contract) -> list[dict[str, Any]]:
    """What `read_source` makes of `path`, one dictionary per row."""
    with duckdb.connect() as con:
        table = read_source(con, path, [contract])
        rows = con.execute(f"select * from {table} order by all")
        names = [column[0] for column in rows.description or []]
        return sorted(
            (dict(zip(names, row, strict=True)) for row in rows.fetchall()),
            key=lambda r: str(r["_row_number"]).zfill(9),
        )


def refusal_of(path: Path, contract: Contract) -> str:
    """The message with which `read_source` refuses `path`; it has a rule and a next step in every case."""
    with duckdb.connect() as con, pytest.raises(MilepostError) as refusal:
        read_source(con, path, [contract])
    error = refusal.value
    assert all(single.where and single.next_step for single in error.singles())
    # nothing chained may quote a cell either
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return str(error)
