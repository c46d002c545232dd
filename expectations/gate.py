"""The gate: judges one mapped delivery and splits it into accepted and quarantined rows.

Two passes. The first answers every rule with held or failed, in one validation that Great Expectations
bundles into one scan. The second looks up the rows of the failed rules alone, inside DuckDB, so a million bad
rows cost no memory here.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import duckdb

from expectations.history import History, history_results
from expectations.located import LOOKED_AT, locate, prepare
from expectations.quarantine import count_quarantined, split_rows
from expectations.rule import Rule, RuleResult
from expectations.suites import SUITES, Suite, suite_for
from ingestion.contracts.contract import Contract
from ingestion.readers.records import LINE_IS_BROKEN
from ingestion.wording import counted

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

    from ingestion.mapping.mapping import MappedTable

Outcome = Literal["accepted", "accepted_with_quarantine", "rejected"]


@dataclass(frozen=True)
class GateResult:
    """What the gate decided; `results` has every rule: the suite in its order, history, tolerance."""

    outcome: Outcome
    rows: int
    quarantined: int
    results: tuple[RuleResult, ...]

    @property
    def failed(self) -> tuple[RuleResult, ...]:
        """The rules that did not hold, gravest first."""
        order = {"reject": 0, "quarantine": 1, "warn": 2}
        return tuple(sorted((r for r in self.results if not r.passed), key=lambda r: order[r.severity]))

    @property
    def reason(self) -> str:
        """Why the delivery was rejected, in one or more sentences; empty where it was not."""
        if self.outcome != "rejected":
            return ""
        stopping = [r for r in self.failed if r.severity == "reject"]
        sentences = [r.explanation for r in stopping]
        if any(r.expectation == "tolerance" for r in stopping):
            held = [
                f"{r.rule} ({r.column}: {r.violations:,})" for r in self.failed if r.severity == "quarantine"
            ]
            sentences.append(f"Rules that do not hold, with rows: {', '.join(held)}.")
        return " ".join(sentences)


def gate(
    con: duckdb.DuckDBPyConnection,
    mapped: MappedTable,
    contract: Contract,
    history: History,
    *,
    known_codes: Mapping[str, Collection[str]] | None = None,
) -> GateResult:
    """Judge `mapped` and leave the tables `accepted`, `quarantined` and `gate_violations` in `con`.

    `accepted` and `quarantined` hold the mapped columns without the hidden ones; together they are all rows.
    Raises ContractError for a rule that the contract states wrongly.
    """
    columns = prepare(con, mapped.table)
    suite = suite_for(contract, columns, mapped.unparsed, known_codes, mapped.period_columns, mapped.dangling)
    rows = con.table(LOOKED_AT).shape[0]
    if rows or contract.tolerance.empty:
        results = _judge(con, suite, rows) if rows else []
        results += history_results(con, contract, history, rows, mapped.unparsed)
    else:
        results = [_result(suite.by_name["file_has_rows"], 1, 1)]
    hidden = [*mapped.hidden, *({LINE_IS_BROKEN} & {*columns})]
    split_rows(con, suite, hidden)
    quarantined = count_quarantined(con)
    results.append(_tolerance(contract, rows, quarantined))
    rejected = any(r.severity == "reject" and not r.passed for r in results)
    outcome: Outcome = "rejected" if rejected else "accepted_with_quarantine" if quarantined else "accepted"
    return GateResult(outcome, rows, quarantined, tuple(results))


@functools.lru_cache(maxsize=SUITES)
def _expectations(suite: Suite) -> dict[str, Expectation]:
    """Rule -> GX's object for it."""
    from expectations.gx_duckdb import expectation_class

    made = {}
    for rule in suite.rules:
        implementation = expectation_class(rule.expectation)
        assert implementation is not None
        made[rule.name] = implementation(**rule.arguments, meta={"rule": rule.name})
    return made


def _judge(con: duckdb.DuckDBPyConnection, suite: Suite, rows: int) -> list[RuleResult]:
    from expectations.gx_duckdb import open_batch, verdicts

    expectations = _expectations(suite)
    with open_batch(con, LOOKED_AT) as batch:
        found = verdicts(batch, [*expectations.values()])
        failed = {name: expectations[name] for name, verdict in found.items() if verdict is False}
        violations = locate(con, batch, suite, failed)
    results = []
    for rule in suite.rules:
        verdict = found[rule.name]
        if isinstance(verdict, str):
            results.append(_not_evaluated(rule, verdict))
        else:
            results.append(_result(rule, violations.get(rule.name, 0), rows))
    return results


def _result(rule: Rule, violations: int, rows: int) -> RuleResult:
    return RuleResult(
        rule=rule.name,
        expectation=rule.expectation,
        column=", ".join(rule.columns) or None,
        severity=rule.severity,
        passed=violations == 0,
        violations=violations,
        share=violations / rows if rows else 0.0,
        explanation=rule.explanation,
        how_to_fix=rule.how_to_fix,
        advice=rule.advice,
    )


def _not_evaluated(rule: Rule, why: str) -> RuleResult:
    return replace(
        _result(rule, 0, 1),
        passed=False,
        severity="reject",
        explanation=f"The rule {rule.name} ({rule.expectation}) could not be evaluated: {why}.",
        how_to_fix="As far as is known nothing is wrong with the file: we have to correct this rule.",
        advice="Correct this entry under `gate:` in the contract.",
    )


def _tolerance(contract: Contract, rows: int, quarantined: int) -> RuleResult:
    share = quarantined / rows if rows else 0.0
    allowed = contract.tolerance.quarantined
    everything = rows > 0 and quarantined == rows
    held_back = f"{quarantined:,} of {counted(rows, 'row')} ({_percent(share, allowed)}) would be held back"
    return RuleResult(
        rule="quarantined_share_is_tolerable",
        expectation="tolerance",
        column=None,
        severity="reject",
        passed=share <= allowed and not everything,
        violations=quarantined,
        share=share,
        explanation=f"{held_back}, so none is left to load."
        if everything
        else f"{held_back}; at most {allowed * 100:g} % may.",
        how_to_fix="Correct the rows listed below in your system and send the whole file again.",
        advice="If the rows are right as they are, change the rule in the contract; which share may be"
        " held back says `tolerance: {quarantined: ...}`.",
    )


def _percent(share: float, limit: float) -> str:
    """Rounded to a tenth; up where 2.004 % over a limit of 2 % would read as if it were the limit itself."""
    tenths = round(share * 1000)
    if share > limit and tenths <= limit * 1000:
        tenths += 1
    return f"{tenths / 10:g} %"
