"""What failed values are like as a whole, where that tells how to mend them; never one child's value."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import duckdb

from expectations.labels import label_of
from expectations.rule import RuleResult
from ingestion.contracts.contract import Contract
from ingestion.mapping.mapping import MappedTable, with_decimal_commas
from ingestion.readers.headers import shown
from ingestion.sql_text import identifier, literal

MOST_CODES = 20  # a column with more that nobody knows may hold names or numbers, and no codes


def with_hints(
    con: duckdb.DuckDBPyConnection,
    mapped: MappedTable,
    contract: Contract,
    results: Sequence[RuleResult],
    codes: Mapping[str, Collection[str]],
    least: int,
) -> tuple[RuleResult, ...]:
    """The results; of those about unreadable numbers, which seem to have decimal commas and what helps, and
    of those about codes beyond the known `codes` of a column, which at least `least` children have."""
    results = [
        _with_codes(con, mapped, contract, r, codes[str(r.column)], least)
        if not r.passed and r.rule == f"{r.column}_is_a_known_code"
        else r
        for r in results
    ]
    unread = {
        str(r.column): r.rule
        for r in results
        if not r.passed and r.rule in (f"{r.column}_is_a_number", f"{r.column}_is_a_whole_number")
    }
    commas = with_decimal_commas(con, mapped.source_table, contract, [*unread]) if unread else set()
    hinted = {unread[name]: name for name in commas}
    return tuple(_hinted(r, contract, hinted[r.rule]) if r.rule in hinted else r for r in results)


def _with_codes(
    con: duckdb.DuckDBPyConnection,
    mapped: MappedTable,
    contract: Contract,
    result: RuleResult,
    known: Collection[str],
    least: int,
) -> RuleResult:
    """The result with the unknown codes that enough children have to be nobody's own; the others as a count.

    Where rows are not of children, enough rows.
    """
    name = str(result.column)
    child = contract.canonical.child_column
    if child and child not in contract.columns:
        return result
    whose = identifier(child or "_row_number")
    cells = (
        f"string_split({identifier(name)}, ';')"
        if contract.canonical.columns[name].type == "codes"
        else f"[{identifier(name)}]"
    )
    found = con.execute(
        f"with cells as (select {whose} as whose, trim(unnest({cells})) as code from {mapped.table})"
        " select code, count(distinct whose) from cells where code <> ''"
        f" and lower(code) not in (select lower(trim(unnest({literal(sorted(known))}))))"
        " group by code order by count(*) desc, code"
    ).fetchall()
    frequent = [code for code, n in found if n >= least] if len(found) <= MOST_CODES else []
    if not frequent:
        return result
    rest = len(found) - len(frequent)
    told = f"The codes: {shown(frequent)}" + (f", and {rest} that few have" if rest else "")
    return replace(result, advice=f"{told}. {result.advice}")


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
