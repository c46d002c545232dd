"""Accounts of children as partners' files in the lake, for tests of identity."""

from __future__ import annotations

import secrets
from pathlib import Path

import duckdb

from ingestion.home import Home
from ingestion.sql_text import literal

COLUMNS = {
    "student_id": "varchar", "first_name": "varchar", "middle_name": "varchar", "last_name": "varchar",
    "birth_date": "date", "gender": "varchar", "address": "varchar", "zip_code": "varchar",
    "state_student_id": "varchar", "replaced_by_student_id": "varchar",
    "clk": "varchar", "clk_version": "varchar", "hashed_national_id": "varchar", "birth_year": "integer",
}  # fmt: skip


def send(
    home: Home, partner: str, *children: dict[str, str], school_year: int = 2025, collection: str = "annual"
) -> Path:
    """A person file of `partner`, in force; an earlier one of the same period is superseded."""
    path = home.raw / "person" / f"{partner}.person" / f"{school_year}-{collection}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        ", ".join(f"{literal(child.get(column))}::{kind} as {column}" for column, kind in COLUMNS.items())
        for child in children
    ]
    said = " union all ".join(f"select {row}" for row in rows)
    path.unlink(missing_ok=True)
    duckdb.sql(
        f"copy (select 'lakeside' as community_id, '{partner}' as partner_id, '{partner}.person' as extract_id, "
        f"{school_year} as school_year, '{collection}' as collection, '{secrets.token_hex(4)}' as _load_id, "
        f"* from ({said})) "
        f"to {literal(str(path))} (format parquet)"
    )
    return path


def persons(home: Home) -> dict[tuple[str, str], str]:
    """(partner, number) -> person_id, of the last linking."""
    rows = duckdb.sql(f"select partner_id, student_id, person_id from '{home.person_links}'").fetchall()
    return {(partner, student): person for partner, student, person in rows}


def child(number: str, **said: str) -> dict[str, str]:
    return {"student_id": number, **said}


# of made-up names: some look alike
NAME_PARTS = [
    "ma",
    "ri",
    "jo",
    "an",
    "el",
    "li",
    "so",
    "ka",
    "de",
    "no",
    "ta",
    "mi",
    "ra",
    "ben",
    "is",
    "ju",
    "ty",
    "ler",
    "ale",
    "xan",
    "son",
    "ton",
    "gar",
    "cia",
    "mar",
    "tin",
    "ro",
    "wil",
    "liams",
    "jon",
    "mil",
    "da",
    "vis",
    "sha",
]
SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "ze")


def name(number: int) -> str:
    """Another name for every number, far from each other."""
    return "".join(SYLLABLES[number // 16**place % 16] for place in (0, 1, 2)).capitalize()


def cohort(prefix: str, first: int, n: int) -> list[dict[str, str]]:
    return [
        child(
            f"{prefix}{i}",
            first_name=name(i * 37),
            last_name=name(i * 101 + 5) + "son",
            birth_date=f"20{10 + i % 9}-{1 + i % 12:02d}-{1 + i * 7 % 28:02d}",
        )
        for i in range(first, first + n)
    ]
