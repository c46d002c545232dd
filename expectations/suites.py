"""The rules of a delivery: derived from its contract, plus the contract's own `gate:` entries."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from expectations.column_rules import known_code, known_reference, rules_of_column
from expectations.gate_entries import rules_of_gate_entries
from expectations.labels import label_of
from expectations.rule import REPEATED, Rule
from ingestion.contracts.contract import Contract
from ingestion.contracts.file_names import YEAR_FORMS
from ingestion.readers.records import LINE_IS_BROKEN


@dataclass(frozen=True, eq=False)
class Suite:
    """The rules of one delivery in the order in which they are reported; compared by identity."""

    rules: tuple[Rule, ...]
    by_name: Mapping[str, Rule] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {rule.name: rule for rule in self.rules})


SUITES = 128
_Asked = tuple[str, str, tuple[str, ...], tuple[Any, ...], tuple[Any, ...], tuple[str, ...], tuple[Any, ...]]
_suites: dict[_Asked, Suite] = {}
_remembering = threading.Lock()


def suite_for(
    contract: Contract,
    columns: Collection[str],
    unparsed: Mapping[str, str],
    known_codes: Mapping[str, Collection[str]] | None = None,
    period_columns: Collection[str] = (),
    dangling: Mapping[str, str] | None = None,
) -> Suite:
    """The rules for a table with these `columns`; `unparsed` names the hidden column of each parsed column.

    `known_codes` holds, per code column, every code that is conformed or in the partner's crosswalk; a column
    that it leaves out is not looked up. Raises ContractError, with file and line, for a `gate:` entry that GX
    does not know. The same arguments give the same suite, whose expectations need not be planned again.
    """
    codes = {name: frozenset(known) for name, known in (known_codes or {}).items()}
    asked: _Asked = (
        contract.extract_id,
        contract.fingerprint,
        tuple(columns),
        tuple(unparsed.items()),
        tuple(codes.items()),
        tuple(period_columns),
        tuple((dangling or {}).items()),
    )
    with _remembering:
        suite = _suites.pop(asked, None) or _made(
            contract, columns, unparsed, codes, period_columns, dangling or {}
        )
        while len(_suites) >= SUITES:
            _suites.pop(next(iter(_suites)))
        _suites[asked] = suite
    return suite


def _made(
    contract: Contract,
    columns: Collection[str],
    unparsed: Mapping[str, str],
    known_codes: Mapping[str, Collection[str]],
    period_columns: Collection[str],
    dangling: Mapping[str, str],
) -> Suite:
    derived = [_has_rows(), *([_line_is_json()] if LINE_IS_BROKEN in columns else [])]
    derived += _rules_of_periods(period_columns, unparsed)
    for name, column in contract.columns.items():
        if name in columns:
            derived += rules_of_column(contract, name, column, unparsed.get(name))
    derived += [known_reference(contract, name, flag) for name, flag in dangling.items()]
    for name, codes in known_codes.items():
        if name in contract.columns and name in columns and codes:
            derived.append(known_code(contract, name, codes))
    if contract.key:
        derived.append(_unique_key(contract))
    return Suite((*derived, *rules_of_gate_entries(contract, [*columns])))


def _has_rows() -> Rule:
    return Rule(
        name="file_has_rows",
        expectation="expect_table_row_count_to_be_between",
        arguments={"min_value": 1},
        severity="reject",
        explanation="The file must hold at least one row for this school year and collection.",
        how_to_fix="Send the file with its rows; headers alone are taken for an export that went wrong.",
    )


def _line_is_json() -> Rule:
    return Rule(
        name="line_is_valid_json",
        expectation="expect_column_values_to_be_in_set",
        arguments={"column": LINE_IS_BROKEN, "value_set": [False]},
        severity="quarantine",
        explanation="A line is not a whole JSON object, so that nothing of it could be read.",
        how_to_fix="Write each record as one JSON object on one line, and send the whole file again.",
    )


def _rules_of_periods(period_columns: Collection[str], unparsed: Mapping[str, str]) -> Iterator[Rule]:
    for name in period_columns:
        what, flag = name.replace("_", " "), unparsed.get(name)
        if flag is not None:
            yield Rule(
                name=f"{name}_can_be_read",
                expectation="expect_column_values_to_be_in_set",
                arguments={"column": flag, "value_set": [False]},
                severity="quarantine",
                columns=(name,),
                explanation=f"A {what} could not be read; it is written {YEAR_FORMS}.",
                how_to_fix=f"Write the {what} of these rows in one of these forms.",
                advice=f"Another form is turned into one of these with `{name}: {{sql: ...}}`.",
            )
        yield Rule(
            name=f"{name}_is_present",
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": name},
            severity="quarantine",
            columns=(name,),
            explanation=f"Every row must say which {what} it tells of.",
            how_to_fix=f"Fill in the {what} of these rows.",
            unless=flag,
        )


def _unique_key(contract: Contract) -> Rule:
    labels = " and ".join(label_of(contract, name) for name in contract.key)
    parts = {name: contract.columns[name] for name in contract.key if name in contract.columns}
    return Rule(
        name="key_is_unique",
        expectation="expect_key_to_be_unique",
        arguments={
            "key_columns": list(contract.key),
            "repeated_keys": REPEATED,
            "present_columns": [
                n for n in contract.key if n in contract.columns and contract.columns[n].required
            ],
        },
        severity="reject" if any(column.severity == "reject" for column in parts.values()) else "quarantine",
        columns=contract.key,
        explanation=(
            f"Only one row may have the same {labels}. Of rows that are equal throughout the first is kept;"
            " rows that differ elsewhere are all held back, because nobody knows which of them is right."
        ),
        how_to_fix="Send one row for each, with the values that are right.",
    )
