"""The second pass: which rows break the rules that failed, found and kept inside DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb

from expectations.rule import REPEATED, Rule
from ingestion.readers.records import LINE_IS_BROKEN
from ingestion.sql_text import identifier

if TYPE_CHECKING:
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.expectations.expectation import Expectation

    from expectations.suites import Suite

LOOKED_AT = "gate_input"  # the mapped table with DuckDB's rowid as _row_id
VIOLATIONS = "gate_violations"  # _row_id, rule (index in the suite)


def prepare(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Make the view that rules look at and an empty table of violations; returns the columns of `table`."""
    # rowid, not _row_number: one record that was unpivoted into three rows is three rows here
    con.execute(f"create or replace view {LOOKED_AT} as select *, rowid as _row_id from {identifier(table)}")
    con.execute(f"create or replace table {VIOLATIONS} (_row_id bigint, rule integer)")
    con.execute(f"create or replace table {REPEATED} (key ubigint)")
    return [column for column in con.table(LOOKED_AT).columns if column != "_row_id"]


def locate(
    con: duckdb.DuckDBPyConnection, batch: Batch, suite: Suite, failed: Mapping[str, Expectation]
) -> dict[str, int]:
    """Fill the table of violations for the `failed` rules; rule -> how many rows (1 for the whole file).

    A line that could not be read breaks one rule, which says so, and not every rule about what it lacks.
    """
    from expectations.gx_duckdb import is_row_by_row, store_rows, violating_rows

    if not failed:
        return {}
    by_row = {name: expectation for name, expectation in failed.items() if is_row_by_row(type(expectation))}
    queries = violating_rows(batch, by_row)
    index = {rule.name: number for number, rule in enumerate(suite.rules)}
    is_broken = [LINE_IS_BROKEN] if has_broken_lines(con) else []
    for name, query in queries.items():
        rule = suite.by_name[name]
        unless = [rule.unless] if rule.unless else []
        unless += is_broken if rule.arguments.get("column") != LINE_IS_BROKEN else []
        store_rows(batch, query, VIOLATIONS, index[name], unless)
    for name in failed:
        if suite.by_name[name].expectation == "expect_key_to_be_unique":
            store_repeated_keys(con, suite.by_name[name], index[name])
    counted = con.execute(f"select rule, count(*) from {VIOLATIONS} group by rule").fetchall()
    counts = {suite.rules[number].name: count for number, count in counted}
    key_rules = {name for name in failed if suite.by_name[name].expectation == "expect_key_to_be_unique"}
    of_the_file = {name: 1 for name in failed if name not in by_row and name not in key_rules}
    return of_the_file | counts


def has_broken_lines(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether some rows that the gate looks at are lines that could not be read."""
    return LINE_IS_BROKEN in con.table(LOOKED_AT).columns


def store_repeated_keys(con: duckdb.DuckDBPyConnection, rule: Rule, number: int) -> None:
    """Of rows equal throughout all but the first, of rows that differ elsewhere every one."""
    keys = ", ".join(map(identifier, rule.arguments["key_columns"]))
    present = (
        " and ".join(f"{identifier(c)} is not null" for c in rule.arguments["present_columns"]) or "true"
    )
    if has_broken_lines(con):
        present += f" and not {LINE_IS_BROKEN}"
    con.execute(f"""
        insert into {VIOLATIONS}
        with candidates as (
            select * from {LOOKED_AT} where {present} and hash({keys}) in (select key from {REPEATED})
        ),
        compared as (
            select
                _row_id,
                _row_number,
                {keys},
                {_content(con)} as content
            from candidates
        ),
        judged as (
            select
                _row_id,
                row_number() over (partition by {keys}, content order by _row_number, _row_id) as nth,
                min(content) over (partition by {keys}) <> max(content) over (partition by {keys}) as differs
            from compared
        )
        select _row_id, {number} from judged where differs or nth > 1
    """)


def _content(con: duckdb.DuckDBPyConnection) -> str:
    where_from = ("_row_id", "_row_number", "_source_file")
    columns = [c for c in con.table(LOOKED_AT).columns if c not in where_from]
    return f"row({', '.join(map(identifier, columns))})"
