"""Rule results as a queryable table: one row per rule checked, with counts and names, never a value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from expectations.rule import RuleResult


def write_results(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    load_id: str,
    extract_id: str,
    rows: int,
    results: Sequence[RuleResult],
) -> None:
    """Write one row per result to a Parquet file, whole or not at all."""
    con.execute(
        """
        create or replace table gate_results as
        select
            $load_id as load_id, $extract_id as extract_id, unnest($rule::varchar[]) as rule,
            unnest($expectation::varchar[]) as expectation, unnest($column::varchar[]) as column_name,
            unnest($severity::varchar[]) as severity, unnest($passed::boolean[]) as passed,
            unnest($violations::bigint[]) as violations, unnest($share::double[]) as share,
            $rows::bigint as rows, unnest($explanation::varchar[]) as explanation
        """,
        {
            "load_id": load_id,
            "extract_id": extract_id,
            "rows": rows,
            "rule": [r.rule for r in results],
            "expectation": [r.expectation for r in results],
            "column": [r.column for r in results],
            "severity": [r.severity for r in results],
            "passed": [r.passed for r in results],
            "violations": [r.violations for r in results],
            "share": [r.share for r in results],
            "explanation": [r.explanation for r in results],
        },
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".part")
    con.table("gate_results").write_parquet(str(staged))
    staged.replace(path)
