"""Lists that partners are given of their own numbers, beside the pages of the gate: all that there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from identity.contradicted import list_contradicted
from identity.reissued import list_reissued
from identity.unmatched import list_unmatched
from ingestion.home import Home
from ingestion.spreadsheets import neutral_sql
from ingestion.sql_text import literal


@dataclass(frozen=True)
class FeedbackList:
    """One list: feedback/<partner>/<name>.csv.

    `rows` makes a table of whom it is to hold (partner_id, student_id, more) and returns its name.
    """

    name: str
    rows: Callable[[duckdb.DuckDBPyConnection, Home], str]

    def written(self, home: Home) -> list[Path]:
        """Files of this list, whichever partner's, in order."""
        return sorted(home.feedback.glob(f"*/{home.feedback_list('*', self.name).name}"))


# written with every export of links and gone with every purge
LISTS = (
    FeedbackList("unmatched", list_unmatched),
    FeedbackList("reissued_numbers", list_reissued),
    FeedbackList("contradicted_state_ids", list_contradicted),
)


def write_lists(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write every list, in order, for each partner that has anybody on it, and remove those of the others.

    No number in one runs as a formula.
    """
    for one in LISTS:
        _write(con, home, one)


def remove_lists(home: Home) -> None:
    """Remove every list of every partner."""
    for one in LISTS:
        for file in one.written(home):
            file.unlink()


def _write(con: duckdb.DuckDBPyConnection, home: Home, one: FeedbackList) -> None:
    table = one.rows(con, home)
    partners = con.execute(f"select distinct partner_id from {table} order by all").fetchall()
    files = {home.feedback_list(partner, one.name): partner for (partner,) in partners}
    for file, partner in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".csv.draft")
        con.execute(
            f"copy (select * exclude (partner_id) replace ({neutral_sql('student_id')} as student_id) "
            f"from {table} where partner_id = {literal(partner)} order by all) "
            f"to {literal(str(draft))} (format csv, header)"
        )
        draft.replace(file)
    for file in one.written(home):
        if file not in files:
            file.unlink()
