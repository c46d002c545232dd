"""A home with a release of two communities, made by hand: every text says whose row it is."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from ingestion.home import Home
from publishing.dbt_project import DBT_PROJECT
from publishing.release_contents import MANIFEST, PromisedTable, load_promise
from publishing.release_files import write_contents

# names that would break a statement, a comment or a page that does not quote them
HILLSIDE = """Hillside's "Ñandú" 木 <b>&</b> \\ $$;--"""
RIVERBEND_ROWS, HILLSIDE_ROWS, EVERYBODYS_ROWS = 2, 3, 4
# a row for each community
ONE_ROW = ("disclosure_rules",)
# partner -> the deliveries it is told of
PARTNERS = {"north_schools": ("riverbend", 5), "clinic": ("riverbend", 6), "hill_schools": ("hillside", 7)}
_COMMUNITY = """
community: {community}
name: {name}
school_years: {{first: 2020, last: 2025}}
collections: {{annual: {{maturity: final}}}}
partners:
{partners}
"""


def write_configuration(folder: Path, partners: Mapping[str, tuple[str, int]] = PARTNERS) -> None:
    """Both communities with their partners."""
    for community, name in (("riverbend", "Riverbend"), ("hillside", HILLSIDE)):
        own = [partner for partner, (home, _) in partners.items() if home == community]
        lines = "\n".join(f"  {partner}: {{title: 'The {partner}', sector: other}}" for partner in own)
        (folder / community).mkdir(parents=True, exist_ok=True)
        quoted = "'" + name.replace("'", "''") + "'"
        (folder / community / "community.yml").write_text(
            _COMMUNITY.format(community=community, name=quoted, partners=lines), encoding="utf-8"
        )
        (folder / community / "agreements.yml").write_text("agreements: {}\n")


def marked_rows(table: PromisedTable, release_id: str) -> list[list[Any]]:
    """Rows of a table, whose texts name the column, whose row it is and its number."""
    if "partner_id" in table.columns:
        owners = [(community, partner, n) for partner, (community, n) in PARTNERS.items()]
    elif table.name in ONE_ROW:
        owners = [("riverbend", "", 1), ("hillside", "", 1)]
    elif "community_id" in table.columns:
        owners = [("riverbend", "", RIVERBEND_ROWS), ("hillside", "", HILLSIDE_ROWS)]
    else:
        owners = [("everybody", "", EVERYBODYS_ROWS)]
    return [
        [
            release_id
            if column == "release_id" and table.name != "releases"
            else _value(column, kind, community, partner, number)
            for column, (kind, _) in table.columns.items()
        ]
        for community, partner, rows in owners
        for number in range(rows)
    ]


def _value(column: str, kind: str, community: str, partner: str, number: int) -> Any:
    if column in ("community_id", "partner_id"):
        return community if column == "community_id" else partner
    if column == "suppression":
        return ""
    if kind == "VARCHAR":
        return None if column == "value_kind" else f"{column} {number} of {partner or community}"
    return {"INTEGER": 2025, "BIGINT": 9_007_199_254_740_993, "DOUBLE": 1 / 3, "BOOLEAN": True}.get(
        kind, "2025-08-01 12:00:00.123456"
    )


def add_release(
    home: Home, release_id: str, rows: Mapping[str, Sequence[Sequence[Any]]] | None = None
) -> Path:
    """A release of marked rows, those of some tables replaced by `rows`, which becomes the current one."""
    folder = home.release_folder(release_id)
    if rows is None:
        shutil.copytree(_marked_release(release_id).name, folder)
    else:
        folder.mkdir(parents=True)
        _write(folder, release_id, rows)
    make_current(home, release_id)
    return folder


@cache
def _marked_release(release_id: str) -> tempfile.TemporaryDirectory[str]:
    """Written once for all tests, in a folder that goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="milepost_marked_release_")
    _write(Path(folder.name), release_id, {})
    return folder


def _write(folder: Path, release_id: str, rows: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    promise = load_promise(DBT_PROJECT)
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as warehouse; create schema warehouse.published")
        for name, table in promise.items():
            columns = ", ".join(f"{column} {kind}" for column, (kind, _) in table.columns.items())
            con.execute(f"create table warehouse.published.{name} ({columns})")
            values = rows[name] if name in rows else marked_rows(table, release_id)
            if values:
                marks = ", ".join("?" for _ in table.columns)
                con.executemany(
                    f"insert into warehouse.published.{name} values ({marks})", [list(row) for row in values]
                )
        write_contents(con, promise, folder, {"release_id": release_id, "content": release_id})
    assert (folder / MANIFEST).exists()


def make_current(home: Home, release_id: str) -> None:
    home.current_release.unlink(missing_ok=True)
    home.current_release.symlink_to(release_id)
