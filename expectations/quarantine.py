"""Rows held back: split from the accepted ones, each with its reasons, and written beside the lake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from expectations.located import LOOKED_AT, VIOLATIONS
from expectations.suites import Suite
from ingestion.sql_text import identifier

ACCEPTED = "accepted"
QUARANTINED = "quarantined"
RULES = "gate_rules"


def split_rows(con: duckdb.DuckDBPyConnection, suite: Suite, hidden: Sequence[str]) -> None:
    """Make `quarantined` (a table) and `accepted` (a view over the mapped table, so nothing is copied)."""
    con.execute(
        f"create or replace table {RULES} (rule integer, name varchar, severity varchar, columns varchar[])"
    )
    con.execute(
        f"insert into {RULES} select unnest(?), unnest(?), unnest(?), unnest(?::varchar[][])",
        [
            [*range(len(suite.rules))],
            [rule.name for rule in suite.rules],
            [rule.severity for rule in suite.rules],
            [[*rule.columns] for rule in suite.rules],
        ],
    )
    kept = f"* exclude ({', '.join(map(identifier, ['_row_id', *hidden]))})"
    held_back = f"select _row_id from {VIOLATIONS} join {RULES} using (rule) where severity = 'quarantine'"
    if con.execute(f"{held_back} limit 1").fetchall():
        others = f"where _row_id not in ({held_back})"
        quarantined = f"""
            with reasons as (
                select
                    _row_id,
                    list(name order by rule) as reasons,
                    list_distinct(flatten(list(columns order by rule))) as offending_columns
                from {VIOLATIONS} join {RULES} using (rule)
                where severity = 'quarantine'
                group by _row_id
            )
            select reasons, list_sort(offending_columns) as offending_columns, looked_at.{kept}
            from {LOOKED_AT} as looked_at join reasons using (_row_id)
            order by _row_number
        """
    else:
        others = ""
        none = "null::varchar[] as reasons, null::varchar[] as offending_columns"
        quarantined = f"select {none}, {kept} from {LOOKED_AT} limit 0"
    con.execute(f"create or replace table {QUARANTINED} as {quarantined}")
    con.execute(f"create or replace view {ACCEPTED} as select {kept} from {LOOKED_AT} {others}")


def count_quarantined(con: duckdb.DuckDBPyConnection) -> int:
    """How many rows `split_rows` held back."""
    return int(con.table(QUARANTINED).shape[0])


def write_quarantine(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write `quarantined` to `path`: _row_number, reasons, offending_columns, then the typed columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".part")
    con.sql(
        f"select _row_number, reasons, offending_columns, * exclude (_row_number, reasons, offending_columns)"
        f" from {QUARANTINED}"
    ).write_parquet(str(staged))
    staged.replace(path)
