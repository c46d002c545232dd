"""Lists that partners are given of their own numbers, beside the pages of the gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from ingestion.home import Home
from ingestion.spreadsheets import neutral_sql
from ingestion.sql_text import literal


def write_lists(
    con: duckdb.DuckDBPyConnection, home: Home, table: str, file_of: Callable[[str], Path]
) -> None:
    """Write rows of `table` (partner_id, student_id, more), in order, to a file of each partner that has any.

    Files of the same name of other partners are removed; no number in one runs as a formula.
    """
    partners = con.execute(f"select distinct partner_id from {table} order by all").fetchall()
    files = {file_of(partner): partner for (partner,) in partners}
    for file, partner in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".csv.draft")
        con.execute(
            f"copy (select * exclude (partner_id) replace ({neutral_sql('student_id')} as student_id) "
            f"from {table} where partner_id = {literal(partner)} order by all) "
            f"to {literal(str(draft))} (format csv, header)"
        )
        draft.replace(file)
    for file in home.feedback.glob(f"*/{file_of('*').name}"):
        if file not in files:
            file.unlink()
