"""The gate at the door out: rules of Great Expectations on tables that are about to be released.

The rules are made by who publishes; here they are answered, each table in one scan; no value is told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from expectations.rule import REPEATED
from ingestion.sql_text import identifier, literal

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

COLUMNS = (
    "table_name varchar, rule varchar, expectation varchar, severity varchar, is_passed boolean, "
    "n_violations bigint, explanation varchar"
)


@dataclass(frozen=True)
class OutgoingRule:
    """What must hold of a table; `violations` is SQL that counts the rows that break it."""

    table: str
    name: str
    expectation: str
    arguments: Mapping[str, Any]
    severity: Literal["error", "warn"]
    explanation: str
    violations: str = "1"


@dataclass(frozen=True)
class OutgoingResult:
    """What became of a rule: counts and names alone."""

    rule: OutgoingRule
    is_passed: bool
    n_violations: int
    explanation: str


def must_not_be(
    table: str, name: str, flag: str, explanation: str, severity: Literal["error", "warn"] = "error"
) -> OutgoingRule:
    """A rule on a column that is TRUE for each row that breaks it."""
    return OutgoingRule(
        table=table,
        name=name,
        expectation="expect_column_values_to_be_in_set",
        arguments={"column": flag, "value_set": [False]},
        severity=severity,
        explanation=explanation,
        violations=f"count(*) filter ({identifier(flag)})",
    )


def unique_key(table: str, key: Sequence[str]) -> OutgoingRule:
    """A rule that a key occurs once."""
    columns = ", ".join(map(identifier, key))
    return OutgoingRule(
        table=table,
        name="key_is_unique",
        expectation="expect_key_to_be_unique",
        arguments={"key_columns": [*key], "present_columns": [], "repeated_keys": REPEATED},
        severity="error",
        explanation=f"Only one row may have the same {', '.join(key)}.",
        violations=f"count(*) - count(distinct ({columns}))",
    )


def judge_outgoing(con: duckdb.DuckDBPyConnection, rules: Sequence[OutgoingRule]) -> list[OutgoingResult]:
    """The results of all rules, whose tables or views are in the current database of `con`."""
    from expectations.gx_duckdb import open_batch, verdicts

    results = []
    for table in dict.fromkeys(rule.table for rule in rules):
        of_table = {rule.name: rule for rule in rules if rule.table == table}
        con.execute(f"create or replace table {REPEATED} (key ubigint)")
        expectations = _expectations(
            tuple((name, rule.expectation, json.dumps(rule.arguments)) for name, rule in of_table.items())
        )
        with open_batch(con, table) as batch:
            found = verdicts(batch, expectations)
        results += [_result(con, rule, found[name]) for name, rule in of_table.items()]
    return results


@lru_cache(maxsize=64)
def _expectations(rules: tuple[tuple[str, str, str], ...]) -> tuple[Expectation, ...]:
    """Those of a table: name, expectation, arguments as JSON. What is the same object is planned once."""
    from expectations.gx_duckdb import expectation_class

    made = []
    for name, expectation, arguments in rules:
        implementation = expectation_class(expectation)
        assert implementation is not None, expectation
        made.append(implementation(**json.loads(arguments), meta={"rule": name}))
    return tuple(made)


def _result(con: duckdb.DuckDBPyConnection, rule: OutgoingRule, verdict: bool | str) -> OutgoingResult:
    if verdict is True:
        return OutgoingResult(rule, True, 0, rule.explanation)
    if isinstance(verdict, str):  # what cannot be looked at is not let out
        said = f"The rule {rule.name} could not be evaluated: {verdict}."
        return OutgoingResult(rule, False, 1, said)
    ((count,),) = con.execute(f"select {rule.violations} from {identifier(rule.table)}").fetchall()
    return OutgoingResult(rule, False, max(int(count), 1), rule.explanation)


def write_outgoing(con: duckdb.DuckDBPyConnection, path: Path, results: Sequence[OutgoingResult]) -> None:
    """Write one row per rule to a Parquet file."""
    con.execute(f"create or replace temp table outgoing_results ({COLUMNS})")
    rows = ", ".join(
        f"({', '.join(map(literal, (r.rule.table, r.rule.name, r.rule.expectation, r.rule.severity)))}, "
        f"{r.is_passed}, {r.n_violations}, {literal(r.explanation)})"
        for r in results
    )
    if rows:
        con.execute(f"insert into outgoing_results values {rows}")
    con.execute(f"copy outgoing_results to {literal(str(path))} (format parquet)")
