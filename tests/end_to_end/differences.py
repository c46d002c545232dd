"""Two queries compared row by row."""

from __future__ import annotations

import duckdb


def difference(con: duckdb.DuckDBPyConnection, ours: str, truth: str) -> list[tuple[object, ...]]:
    """Rows in one and not in the other, either way; empty when both are the same set."""
    return con.execute(
        f"select 'only in the warehouse' as side, * from (({ours}) except ({truth})) "
        f"union all select 'only in the truth', * from (({truth}) except ({ours})) limit 20"
    ).fetchall()
