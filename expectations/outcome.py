"""What became of a delivery, and how the outcomes of its parts add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from expectations.feedback import BadRow
from expectations.rule import HELD_UP_SAYS, RuleResult
from ingestion.errors import ContractError, MilepostError
from ingestion.lake.delivery import Delivery
from ingestion.lake.ledger import LoadState
from ingestion.wording import listed, visible

# an error's next step speaks to who keeps the contract; the partner can do one thing
SEND_AS_AGREED = (
    "Send the file again in the form we agreed on. If it has changed on purpose, tell us what is new, so that"
    " we can follow."
)
OUR_FAULT = "A rule of ours could not be applied to this file."
NOTHING_TO_DO = "As far as is known nothing is wrong with the file: we have to correct our rule."


@dataclass(frozen=True)
class LoadOutcome:
    """What became of a delivery. `rows` were delivered, `quarantined` of them held back.

    `unchanged`: it was in force (or had been, and was superseded or withdrawn), so nothing was written. A
    file of several school years has one outcome per year in `parts`, and is itself the gravest of them.
    """

    delivery: Delivery
    outcome: Literal["accepted", "accepted_with_quarantine", "rejected", "unchanged"]
    rows: int = 0
    quarantined: int = 0
    seconds: float = 0.0
    reason: str = ""
    results: tuple[RuleResult, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()  # the first of n_bad_rows
    n_bad_rows: int = 0
    parts: tuple[LoadOutcome, ...] = ()

    @property
    def each(self) -> tuple[LoadOutcome, ...]:
        """One outcome per school year and collection: the parts, else this one alone."""
        return self.parts or (self,)

    @property
    def is_held_up(self) -> bool:
        """Whether nothing stops it but another table of the same delivery."""
        return any(result.rule == HELD_UP for result in self.results)


def unchanged(state: LoadState) -> LoadOutcome:
    """Of a delivery that is in force, or was: nothing was done about it again."""
    if state.status == "rejected":
        return LoadOutcome(state.delivery, "rejected", state.rows or 0, reason=state.reason or "")
    quarantined = state.quarantined or 0
    reason = "" if state.in_force else f"It is {state.status}."
    return LoadOutcome(state.delivery, "unchanged", (state.rows or 0) + quarantined, quarantined, 0.0, reason)


def summary(delivery: Delivery, parts: Sequence[LoadOutcome]) -> LoadOutcome:
    """Of a file of several school years: the gravest of its parts, with what all of them held."""
    order = ("unchanged", "accepted", "accepted_with_quarantine", "rejected")
    gravest = max(parts, key=lambda part: order.index(part.outcome))
    return LoadOutcome(
        delivery=delivery,
        outcome=gravest.outcome,
        rows=sum(part.rows for part in parts),
        quarantined=sum(part.quarantined for part in parts),
        seconds=sum(part.seconds for part in parts),
        reason=" ".join(f"{part.delivery.period}: {part.reason}" for part in parts if part.reason),
        parts=tuple(parts),
    )


HELD_UP = "every_table_of_the_delivery_passes"


def held_up(outcome: LoadOutcome, stopping: Sequence[LoadOutcome]) -> LoadOutcome:
    """Of a table that passed, while another table of the same bundle did not."""
    tables = listed([other.delivery.entity for other in stopping])
    result = RuleResult(
        rule=HELD_UP,
        expectation="bundle",
        column=None,
        severity="reject",
        passed=False,
        violations=len(stopping),
        share=1.0,
        explanation=f"{HELD_UP_SAYS} {tables} of the same delivery did not.",
        how_to_fix=f"See the report on {tables}, and send the whole delivery again.",
    )
    reason = f"{visible(outcome.delivery.file_name)}: {result.explanation}"
    results = (*outcome.results, result)
    return replace(outcome, outcome="rejected", reason=reason, results=results, bad_rows=(), n_bad_rows=0)


def unreadable(delivery: Delivery, error: MilepostError, seconds: float) -> LoadOutcome:
    """Of a file that was rejected before any of its rows could be judged."""
    single = error.singles()
    ours = isinstance(error, ContractError)
    result = RuleResult(
        rule="file_can_be_read",
        expectation="reading",
        column=None,
        severity="reject",
        passed=False,
        violations=len(single),
        share=1.0,
        explanation=OUR_FAULT if ours else " ".join(map(_to_the_partner, single)),
        how_to_fix=NOTHING_TO_DO if ours else SEND_AS_AGREED,
        advice=str(error)
        if ours
        else " ".join(dict.fromkeys(_sentence(one.next_step) for one in single if one.next_step)),
    )
    return LoadOutcome(delivery, "rejected", seconds=seconds, reason=str(error), results=(result,))


def _to_the_partner(error: MilepostError) -> str:
    """What is wrong and by which rule, unless the rule speaks of fields of the contract (in backticks)."""
    rule = "" if "`" in error.rule else _sentence(error.rule)
    return f"{_sentence(error.what)} {rule}".strip()


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."
