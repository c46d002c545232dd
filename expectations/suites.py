"""The rules of a delivery: derived from its contract, plus the contract's own `gate:` entries."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from expectations.gate_entries import rules_of_gate_entries
from expectations.labels import format_in_words, label_of
from expectations.rule import REPEATED, Rule
from ingestion.contracts.columns import Column
from ingestion.contracts.contract import Contract
from ingestion.contracts.entities import load_entities
from ingestion.contracts.file_names import YEAR_FORMS
from ingestion.readers.records import LINE_IS_BROKEN

READABLE = {
    "integer": ("is_a_whole_number", "a whole number"),
    "decimal": ("is_a_number", "a number"),
    "date": ("is_a_date", "a date"),
    "boolean": ("is_yes_or_no", "a yes or a no"),
}


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
            derived += _rules_of_column(contract, name, column, unparsed.get(name))
    derived += [_known_reference(contract, name, flag) for name, flag in dangling.items()]
    for name, codes in known_codes.items():
        if name in contract.columns and name in columns and codes:
            derived.append(_known_code(contract, name, codes))
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


def _rules_of_column(contract: Contract, name: str, column: Column, unparsed: str | None) -> Iterator[Rule]:
    label = label_of(contract, name)
    if unparsed is not None:
        yield _readable(contract, name, column, unparsed)
    if column.required:
        yield Rule(
            name=f"{name}_is_present",
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": name},
            severity=column.severity,
            columns=(name,),
            explanation=f"Every row needs a value in {label}.",
            how_to_fix=f"Fill in {label}, or leave out rows that are not meant to be sent.",
            unless=unparsed,
        )
    if column.between is not None:
        yield _in_range(name, column, label)
    if column.allowed:
        yield _allowed(contract, name, column, label)
    if pattern := contract.canonical.columns[name].pattern:
        of_pattern = _well_formed if contract.canonical.columns[name].must_match else _usual
        yield of_pattern(contract, name, column, pattern)


def _readable(contract: Contract, name: str, column: Column, unparsed: str) -> Rule:
    ending, kind = READABLE.get(contract.canonical.columns[name].type, ("can_be_read", "a value of its type"))
    label = label_of(contract, name)
    forms = " or ".join(map(format_in_words, column.formats))
    written = f" written as {forms}" if forms else ""
    unknown = "" if column.required else "; leave the cell empty where it is not known"
    return Rule(
        name=f"{name}_{ending}",
        expectation="expect_column_values_to_be_in_set",
        arguments={"column": unparsed, "value_set": [False]},
        severity=column.severity,
        columns=(name,),
        explanation=f"A value in {label} could not be read as {kind}{written}.",
        how_to_fix=f"Send {kind}{written} in {label}{unknown}.",
    )


def _in_range(name: str, column: Column, label: str) -> Rule:
    assert column.between is not None
    low, high = (_plain_number(bound) for bound in column.between)
    if low is None or high is None:
        wanted = f"at most {high}" if low is None else f"at least {low}"
    else:
        wanted = f"from {low} to {high}"
    return Rule(
        name=f"{name}_is_in_range",
        expectation="expect_column_values_to_be_between",
        arguments={"column": name, "min_value": low, "max_value": high},
        severity=column.severity,
        columns=(name,),
        explanation=f"A value in {label} must be {wanted}.",
        how_to_fix=f"Look up these rows in your system and correct {label}.",
    )


def _allowed(contract: Contract, name: str, column: Column, label: str) -> Rule:
    listed = ", ".join(column.allowed)
    if contract.canonical.columns[name].type == "codes":
        one = "|".join(re.escape(code) for code in column.allowed)
        expectation = "expect_column_values_to_match_regex"
        arguments: dict[str, Any] = {"column": name, "regex": f"^(?:{one})(?:;(?:{one}))*$"}
    else:
        expectation = "expect_column_values_to_be_in_set"
        arguments = {"column": name, "value_set": list(column.allowed)}
    return Rule(
        name=f"{name}_is_an_allowed_code",
        expectation=expectation,
        arguments=arguments,
        severity=column.severity,
        columns=(name,),
        explanation=f"{label} must hold one of: {listed}.",
        how_to_fix="Send one of these codes, or tell us what a new one means.",
        advice=f"A new code goes into `in:` of {name} in the contract.",
    )


def _usual(contract: Contract, name: str, _: Column, pattern: str) -> Rule:
    label, wanted = label_of(contract, name), contract.canonical.columns[name].description
    return Rule(
        name=f"{name}_is_as_usual",
        expectation="expect_column_values_to_match_regex",
        arguments={"column": name, "regex": f"^(?:{pattern})$"},
        severity="warn",
        columns=(name,),
        explanation=f"{label} holds a value that is not what it should be: {wanted}",
        how_to_fix=f"Send such values in {label}; rows with others are kept, but mean nothing.",
    )


def _well_formed(contract: Contract, name: str, column: Column, pattern: str) -> Rule:
    label, wanted = label_of(contract, name), contract.canonical.columns[name].description
    return Rule(
        name=f"{name}_is_well_formed",
        expectation="expect_column_values_to_match_regex",
        arguments={"column": name, "regex": f"^(?:{pattern})$"},
        severity=column.severity,
        columns=(name,),
        explanation=f"{label} holds a value that has not the form it must have: {wanted}",
        how_to_fix=f"Send such values in {label}, unchanged, or leave the cell empty.",
    )


def _known_code(contract: Contract, name: str, codes: Collection[str]) -> Rule:
    # a pattern, not a set: codes are compared trimmed and in any case, and a cell may hold several
    one = r"\s*(?:" + "|".join(sorted({re.escape(code.strip().lower()) for code in codes})) + r")\s*"
    repeat = f"(?:;{one})*" if contract.canonical.columns[name].type == "codes" else ""
    label = label_of(contract, name)
    return Rule(
        name=f"{name}_is_a_known_code",
        expectation="expect_column_values_to_match_regex",
        arguments={"column": name, "regex": f"(?i)^{one}{repeat}$"},
        severity="warn",
        columns=(name,),
        explanation=f"{label} holds a code that is not translated yet; its rows are kept as 'unmapped'.",
        how_to_fix=f"Tell us what the new codes in {label} mean, so that we can translate them.",
        advice=f"Add the codes, with what they mean, to crosswalks/{contract.partner}.csv.",
    )


def _known_reference(contract: Contract, name: str, flag: str) -> Rule:
    label = label_of(contract, name)
    table = load_entities()[load_entities()[contract.entity].columns[name].references or ""].title
    return Rule(
        name=f"{name}_is_in_the_delivery",
        expectation="expect_column_values_to_be_in_set",
        arguments={"column": flag, "value_set": [False]},
        severity=contract.columns[name].severity,
        columns=(name,),
        explanation=f"{label} names a row of '{table}' that the delivery has not, or that was held back.",
        how_to_fix="Export all tables at the same moment and with the same filters.",
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


def _plain_number(bound: Any) -> Any:
    # a decimal column is compared with an integer exactly and fast, with a float as a float
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound
