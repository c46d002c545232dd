"""What a contract asks of one column: that it is readable, range, pattern and values, codes, references."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from expectations.labels import format_in_words, label_of
from expectations.rule import Rule
from ingestion.contracts.columns import Column
from ingestion.contracts.contract import Contract
from ingestion.contracts.entities import load_entities

READABLE = {
    "integer": ("is_a_whole_number", "a whole number"),
    "decimal": ("is_a_number", "a number"),
    "date": ("is_a_date", "a date"),
    "boolean": ("is_yes_or_no", "a yes or a no"),
}


def rules_of_column(contract: Contract, name: str, column: Column, unparsed: str | None) -> Iterator[Rule]:
    """What the contract asks of a column by itself; `unparsed` flags what does not parse."""
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


def known_code(contract: Contract, name: str, codes: Collection[str]) -> Rule:
    """A warning of codes that nobody has translated yet."""
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


def known_reference(contract: Contract, name: str, flag: str) -> Rule:
    """A column that names a row of another table of its delivery."""
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


def _plain_number(bound: Any) -> Any:
    # a decimal column is compared with an integer exactly and fast, with a float as a float
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound
