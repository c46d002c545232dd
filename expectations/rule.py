"""One rule of the gate: what must hold, how grave it is, and what to tell the partner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["reject", "quarantine", "warn"]

HELD_UP_SAYS = "This table passed, but"  # begins the reason of a table whose archive is refused for others
REPEATED = "gate_repeated_keys"  # the table of keys (hash) that the first pass found more than once


@dataclass(frozen=True)
class Rule:
    """An expectation of Great Expectations under a stable, readable name.

    `unless` names a boolean column: rows where it is true are another rule's business (a value that cannot be
    read is not also missing). `how_to_fix` is for the partner; `advice` is for who keeps the contract alone.
    """

    name: str
    expectation: str
    arguments: Mapping[str, Any]
    severity: Severity
    explanation: str
    how_to_fix: str
    columns: tuple[str, ...] = ()
    unless: str | None = None
    advice: str = ""


@dataclass(frozen=True)
class RuleResult:
    """What became of one rule: counts and names only, never a value that is one child's."""

    rule: str
    expectation: str
    column: str | None
    severity: Severity
    passed: bool
    violations: int
    share: float
    explanation: str
    how_to_fix: str
    advice: str = ""
