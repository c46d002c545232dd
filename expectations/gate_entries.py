"""A contract's own `gate:` entries, checked against the classes of GX before any data is looked at."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import duckdb

from expectations.labels import label_of
from expectations.rule import Rule, Severity
from ingestion.contracts.columns import GateRule
from ingestion.contracts.contract import Contract
from ingestion.errors import ContractError
from ingestion.yaml_file import Location, near_miss, read_yaml

# what GX lets a user set on every expectation, and this gate sets itself or has no use for
NOT_FOR_CONTRACTS = frozenset(
    [
        "id",
        "meta",
        "notes",
        "result_format",
        "description",
        "catch_exceptions",
        "rendered_content",
        "severity",
        "windows",
        "batch_id",
    ]
)
COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list", "column_set")
CONDITION = re.compile(
    r"""\s*col\("(?P<column>[^"]+)"\)\s*(?:\.notnull\(\)|(?:==|!=|<=|>=|<|>)\s*(?:"""
    r"""[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?|"[^"']+"|'[^"']+'|date\((?:"[^"']+"|'[^"']+')\)))\s*""",
    re.IGNORECASE,
)
PHRASES = {
    "expect_column_values_to_not_be_null": "{0}_is_present",
    "expect_column_values_to_be_null": "{0}_is_empty",
    "expect_column_values_to_be_unique": "{0}_is_unique",
    "expect_column_values_to_be_between": "{0}_is_in_range",
    "expect_column_values_to_be_in_set": "{0}_is_an_allowed_code",
    "expect_column_values_to_not_be_in_set": "{0}_is_not_a_forbidden_code",
    "expect_column_values_to_match_regex": "{0}_has_its_pattern",
    "expect_column_values_to_not_match_regex": "{0}_has_no_forbidden_pattern",
    "expect_column_pair_values_to_be_equal": "{0}_equals_{1}",
    "expect_column_pair_values_a_to_be_greater_than_b": "{0}_is_greater_than_{1}",
    "expect_table_row_count_to_be_between": "row_count_is_in_range",
}


def rules_of_gate_entries(contract: Contract, columns: Sequence[str]) -> tuple[Rule, ...]:
    """A rule per entry; one ContractError tells of every entry that GX does not know or cannot take."""
    if not contract.gate:
        return ()
    problems: list[ContractError] = []
    rules: list[Rule] = []
    taken: set[str] = set()
    for index, entry in enumerate(contract.gate):
        found = _problems(contract, index, entry, columns)
        problems += found
        if not found:
            rule = _rule(contract, entry, taken)
            taken.add(rule.name)
            rules.append(rule)
    if problems:
        raise ContractError.of(problems)
    return tuple(rules)


def _problems(
    contract: Contract, index: int, entry: GateRule, columns: Collection[str]
) -> list[ContractError]:
    from expectations.gx_duckdb import expectation_class, known_expectations, validation_errors

    at: Location = ("gate", index, entry.expectation)
    implementation = expectation_class(entry.expectation)
    if implementation is None:
        step = near_miss(entry.expectation, known_expectations())
        return [_error(contract, at, f"Great Expectations has no '{entry.expectation}' for DuckDB", step)]
    known = [name for name in implementation.__fields__ if name not in NOT_FOR_CONTRACTS]
    unknown = [name for name in entry.arguments if name not in known]
    if unknown:
        return [_unknown_argument(contract, at, entry.expectation, name, known) for name in unknown]
    wrong = [*_condition_problems(entry, columns), *_pattern_problems(entry)]
    if wrong:
        return [
            _error(contract, (*at, argument), f"'{argument}' of {entry.expectation} {what}", step)
            for argument, what, step in wrong
        ]
    problems = [
        _error(contract, (*at, place), f"{_of(place)}{entry.expectation}: {message}", "Correct the arguments")
        for place, message in validation_errors(implementation, entry.arguments)
    ]
    for argument, column in _columns(entry.arguments):
        if column not in columns:
            what = f"{entry.expectation} names the column '{column}', which this extract does not fill"
            problems.append(_error(contract, (*at, argument), what, near_miss(column, columns)))
    if "severity" in entry.model_fields_set and entry.severity == "quarantine" and not _by_row(entry):
        what = f"{entry.expectation} speaks of the whole file, so there are no rows it could quarantine"
        problems.append(
            _error(contract, ("gate", index, "severity"), what, "Say severity: reject or severity: warn")
        )
    return problems


def _condition_problems(entry: GateRule, columns: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """GX leaves out what it does not understand, so that another rule than meant would hold."""
    condition = entry.arguments.get("row_condition")
    if not isinstance(condition, str):
        return
    if entry.arguments.get("condition_parser") != "great_expectations":
        yield "row_condition", "needs condition_parser: great_expectations", "Add it to the entry"
    found = CONDITION.fullmatch(condition)
    if not found:
        yield (
            "row_condition",
            "is not one comparison of a column",
            """Write it as col("days_enrolled") < 100, col("grade") == "09" or col("exit_date").notnull()""",
        )
    elif found["column"] not in columns:
        what = f"names the column '{found['column']}', which this extract does not fill"
        yield "row_condition", what, near_miss(found["column"], columns)


def _pattern_problems(entry: GateRule) -> Iterator[tuple[str, str, str]]:
    for argument in ("regex", "regex_list"):
        value = entry.arguments.get(argument)
        for pattern in value if isinstance(value, list) else [value]:
            if isinstance(pattern, str) and (problem := _pattern_problem(pattern)):
                yield argument, f"is not a regular expression of DuckDB ({problem})", "Correct it"


@functools.cache
def _pattern_problem(pattern: str) -> str:
    with duckdb.connect(config={"threads": 1}) as con:
        try:
            con.execute("select regexp_matches('', $pattern)", {"pattern": pattern})
        except duckdb.Error as error:
            return str(error).splitlines()[0]
    return ""


def _of(place: str) -> str:
    # pydantic's name for what is wrong between arguments
    return "" if place == "__root__" else f"'{place}' of "


def _unknown_argument(
    contract: Contract, at: Location, expectation: str, name: str, known: list[str]
) -> ContractError:
    what = f"{expectation} has no argument '{name}'"
    return _error(contract, (*at, name), what, near_miss(name, known))


def _by_row(entry: GateRule) -> bool:
    from expectations.gx_duckdb import expectation_class, is_row_by_row

    implementation = expectation_class(entry.expectation)
    return implementation is not None and is_row_by_row(implementation)


def _rule(contract: Contract, entry: GateRule, taken: Collection[str]) -> Rule:
    columns = tuple(dict.fromkeys(column for _, column in _columns(entry.arguments)))
    severity: Severity = entry.severity
    if "severity" not in entry.model_fields_set and not _by_row(entry):
        severity = "reject"
    name = _name(entry, columns)
    serial = next(n for n in range(1, len(taken) + 2) if (name if n == 1 else f"{name}_{n}") not in taken)
    rule = entry.expectation.removeprefix("expect_").replace("_", " ")
    what = f"{rule} ({_listed(contract, entry.arguments)})"
    return Rule(
        name=name if serial == 1 else f"{name}_{serial}",
        expectation=entry.expectation,
        arguments=entry.arguments,
        severity=severity,
        columns=columns,
        explanation=_sentence(entry.explanation) or f"The agreed rule for this file is: {what}.",
        how_to_fix=_sentence(entry.how_to_fix) or "Look up these rows in your system and correct them.",
    )


def _sentence(text: str | None) -> str:
    return f"{text}." if text and text[-1] not in ".!?" else text or ""


def _name(entry: GateRule, columns: tuple[str, ...]) -> str:
    phrase = PHRASES.get(entry.expectation)
    if phrase and (phrase.count("{") <= len(columns)):
        if entry.arguments.get("or_equal"):
            phrase = phrase.replace("is_greater_than", "is_at_least")
        name = phrase.format(*columns)
    else:
        rest = entry.expectation.removeprefix("expect_").removeprefix("column_")
        name = "_".join((*columns, rest))
    # a second rule of a derived kind ("days_is_in_range") keeps a name of its own
    return f"contract_{name}" if entry.expectation in PHRASES and "greater" not in entry.expectation else name


def _columns(arguments: dict[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for argument in COLUMN_ARGUMENTS:
        value = arguments.get(argument)
        names = value if isinstance(value, list) else [value]
        found += [(argument, name) for name in names if isinstance(name, str)]
    return found


def _listed(contract: Contract, arguments: dict[str, Any]) -> str:
    """The arguments as text, columns by the partner's headers."""
    labels = {column: label_of(contract, column) for _, column in _columns(arguments)}
    said = []
    for name, value in arguments.items():
        if name in COLUMN_ARGUMENTS:
            columns = value if isinstance(value, list) else [value]
            value = ", ".join(labels.get(column, str(column)) for column in columns)
        said.append(f"{name}: {value}")
    return ", ".join(said)


def _error(contract: Contract, at: Location, what: str, next_step: str) -> ContractError:
    # read again only where there is something to report: the line is worth the parse
    if contract.path.exists():
        return read_yaml(contract.path).problem(at, what, next_step)
    return ContractError(what, where=str(contract.path), next_step=next_step)
