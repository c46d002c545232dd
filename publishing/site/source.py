"""A release opened for the site: one community's published tables, joined with their titles, in percent."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingestion.errors import MilepostError
from ingestion.sql_text import literal
from publishing.release_contents import DATABASE

Row = dict[str, Any]
FILE_NAME = re.compile(r"[a-z0-9_]{1,80}")
# filtered to the community; the site asks nothing else of a release
OF_COMMUNITY = (
    "indicator_values",
    "indicator_gaps",
    "indicator_trends",
    "interim_projections",
    "pathway_funnel",
    "program_results",
    "gateway_status",
    "gap_drivers",
    "load_quality",
    "area_values",
    "geographies",
    "school_years",
)
OF_ALL = ("indicators", "subgroups", "releases")


class SiteError(MilepostError):
    """The site was not made; the one that was there before still is."""


@dataclass(frozen=True)
class Source:
    """A release and the community whose site is made; `con` has its tables as views, and `percent(share)`."""

    con: duckdb.DuckDBPyConnection
    folder: Path
    community_id: str
    community: str

    def rows(self, sql: str) -> list[Row]:
        """The rows of a query, each by column name."""
        cursor = self.con.execute(sql)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextlib.contextmanager
def opened(folder: Path, community: str | None = None) -> Iterator[Source]:
    """Open the release in `folder`; SiteError where it, or the community meant, cannot be found."""
    database = folder / DATABASE
    if not database.exists():
        raise SiteError(
            "There is no such release", where=str(folder), next_step="Run `milepost refresh` first"
        )
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        con.execute(f"attach {literal(str(database))} as release (read_only)")
        con.execute("set enable_external_access = false")
        community_id = _community(con, folder, community)
        con.execute("create macro percent(share) as round(100 * share, 1)")
        con.execute("create macro points(difference) as round(difference, 1)")
        for table in OF_COMMUNITY:
            con.execute(
                f"create view {table} as select * from release.published.{table}"
                f" where community_id = {literal(community_id)}"
            )
        for table in OF_ALL:
            con.execute(f"create view {table} as select * from release.published.{table}")
        titles = con.execute("select title from geographies where geography_level = 'community'").fetchall()
        yield Source(con, folder, community_id, titles[0][0] if titles else community_id)


def _community(con: duckdb.DuckDBPyConnection, folder: Path, asked: str | None) -> str:
    found = con.execute(
        "select community_id from release.published.geographies union"
        " select community_id from release.published.school_years union"
        " select community_id from release.published.gateway_status order by all"
    ).fetchall()
    known: Sequence[str] = [name for (name,) in found]
    if asked is None and len(known) == 1:
        return known[0]
    if not known:
        raise SiteError(
            "The release holds nothing to show", where=str(folder), next_step="Run `milepost refresh` first"
        )
    if asked is None or asked not in known:
        what = (
            "The release holds several communities" if asked is None else f"No community is called '{asked}'"
        )
        choices = ", ".join(known)
        raise SiteError(what, where=str(folder), next_step=f"Name one with --community: {choices}")
    return asked


def file_name(identifier: str) -> str:
    """`identifier` where it is a plain name, else its letters as numbers: it becomes part of a path."""
    return identifier if FILE_NAME.fullmatch(identifier) else "x" + identifier.encode().hex()[:80]
