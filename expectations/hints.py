"""What unreadable values look like as a whole, where that tells how to mend them; never one of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import duckdb

from expectations.labels import label_of
from expectations.rule import RuleResult
from ingestion.contracts.contract import Contract
from ingestion.mapping.mapping import MappedTable, with_decimal_commas


def with_hints(
    con: duckdb.DuckDBPyConnection, mapped: MappedTable, contract: Contract, results: Sequence[RuleResult]
) -> tuple[RuleResult, ...]:
    """The results; of those about unreadable numbers, which seem to have decimal commas and what helps."""
    unread = {
        str(r.column): r.rule
        for r in results
        if not r.passed and r.rule in (f"{r.column}_is_a_number", f"{r.column}_is_a_whole_number")
    }
    commas = with_decimal_commas(con, mapped.source_table, contract, [*unread]) if unread else set()
    hinted = {unread[name]: name for name in commas}
    return tuple(_hinted(r, contract, hinted[r.rule]) if r.rule in hinted else r for r in results)


def _hinted(result: RuleResult, contract: Contract, name: str) -> RuleResult:
    seem = f"Numbers in {label_of(contract, name)} seem to have a decimal comma"
    return replace(
        result,
        how_to_fix=f"{result.how_to_fix} {seem}: write a decimal point, as in 0.5.",
        advice=f"To take decimal commas as they come, say in the contract: {_recipe(contract, name)}",
    )


def _recipe(contract: Contract, name: str) -> str:
    column = contract.columns[name]
    text = f"({column.sql})" if column.sql else '"' + column.headers[0].replace('"', '""') + '"'
    sql = f"replace({text}, ',', '.')"
    return f"{name}: {{sql: {json.dumps(sql, ensure_ascii=False)}}}"
