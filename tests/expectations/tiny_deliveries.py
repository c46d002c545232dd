"""Tiny contracts and tables, so that a test states only what it is about."""

from collections.abc import Callable

import duckdb

from expectations.gate import GateResult
from ingestion.mapping.mapping import MappedTable

ATTENDANCE = """\
partner: rivers
entity: attendance
title: Attendance totals
agreement: rivers_2024
file: "attendance_{school_year}.csv"
key: [student_id, school_id]
columns:
  student_id: {from: [StudentID], required: true}
  school_id: {from: [SchoolCode], required: true}
  days_enrolled: {from: [DaysEnrolled]}
  days_absent: {from: [DaysAbsent]}
"""
# student_id, school_id, days_enrolled, days_absent, days_enrolled__unparsed, days_absent__unparsed
Row = tuple[str | None, str | None, float | None, float | None, bool, bool]


def good(student: str, enrolled: float = 180, absent: float = 5, school: str = "S1") -> Row:
    return student, school, enrolled, absent, False, False


def good_rows(n: int) -> list[Row]:
    return [good(f"c{i:04}") for i in range(n)]


def numbers(con: duckdb.DuckDBPyConnection, table: str) -> list[int]:
    return [number for (number,) in con.execute(f"select _row_number from {table} order by 1").fetchall()]


def mapped_attendance(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> MappedTable:
    con.execute("""
        create or replace table mapped (
            student_id varchar, school_id varchar, days_enrolled decimal(18, 4), days_absent decimal(18, 4),
            days_enrolled__unparsed boolean, days_absent__unparsed boolean, _row_number bigint
        )
    """)
    if rows:
        con.executemany(
            "insert into mapped values (?, ?, ?, ?, ?, ?, ?)", [(*r, i + 2) for i, r in enumerate(rows)]
        )
    return MappedTable(
        "mapped",
        ("student_id", "school_id", "days_enrolled", "days_absent"),
        {"days_enrolled": "days_enrolled__unparsed", "days_absent": "days_absent__unparsed"},
    )


Judge = Callable[..., GateResult]
