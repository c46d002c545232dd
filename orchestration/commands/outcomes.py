"""What a load tells of its deliveries: for people on stderr and in tables, for scripts as JSON facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from ingestion.wording import counted
from orchestration.console import err, print_table

if TYPE_CHECKING:
    from expectations.outcome import LoadOutcome
    from ingestion.home import Home
    from ingestion.lake.delivery import Delivery

MOST_TOLD = 12
MOST_FINDINGS = 5
SHORT = 8  # a load id is known by its beginning


def is_taken(outcome: LoadOutcome) -> bool:
    """Whether it put something in force."""
    return outcome.outcome in ("accepted", "accepted_with_quarantine")


def unchanged_of(received: Collection[Delivery], waiting: Collection[Delivery]) -> set[str]:
    """Load ids of what was received and needs no load, since it had one."""
    return {delivery.load_id for delivery in received} - {delivery.load_id for delivery in waiting}


def tell_outcomes(home: Home, outcomes: list[LoadOutcome], unchanged: Collection[str]) -> None:
    """One line of counts, then what was put in force, and why what was rejected was.

    `unchanged` are load ids of what was there already: those that were rejected then are not in force, and
    loading them again judges nothing anew.
    Of more than a dozen deliveries only those of which rows were held back are told one by one.
    """
    from orchestration.received import states

    still_rejected = sum(s.status == "rejected" for s in states(home) if s.load_id in unchanged)
    counts = Counter(outcome.outcome for outcome in outcomes)
    of_them = f", [red]{still_rejected} of them rejected[/]: milepost status" if still_rejected else ""
    err.print(
        f"[green]{counts['accepted']} accepted[/], "
        f"[yellow]{counts['accepted_with_quarantine']} accepted with quarantine[/], "
        f"[red]{counts['rejected']} rejected[/], {len(unchanged) + counts['unchanged']} unchanged{of_them}"
    )
    taken = [outcome for outcome in outcomes if is_taken(outcome)]
    held = [outcome for outcome in taken if outcome.outcome == "accepted_with_quarantine"]
    if len(taken) <= MOST_TOLD:
        _tell_taken("In force now", home, taken)
        for outcome in taken:
            _tell_findings(home, outcome)
    else:
        _tell_taken("Accepted with quarantine", home, held[:MOST_TOLD])
        if len(held) > MOST_TOLD:
            err.print(f"... and {len(held) - MOST_TOLD} more: milepost status --list")
    rejected = [outcome for outcome in outcomes if outcome.outcome == "rejected"]
    # what is wrong with an archive as a whole is wrong with each of its tables
    reasons = {(o.delivery.sha256, o.reason): o for o in reversed(rejected) if not o.is_held_up}
    for outcome in [*reversed(reasons.values())][:MOST_TOLD]:
        delivery = outcome.delivery
        page = home.feedback_page(delivery.partner, delivery.load_id)
        err.print(f"[red]Rejected:[/] {delivery.extract_id} {delivery.period}")
        err.print(f"  {outcome.reason}", markup=False, soft_wrap=True)
        for advice in _advice(outcome):
            err.print(f"  {advice}", markup=False, soft_wrap=True)
        err.print(f"  what to tell the partner: {page}", markup=False, soft_wrap=True, style="dim")
    if others := len(rejected) - len(reasons):
        tables = counted(others, "other table of the same delivery", "other tables of the same deliveries")
        err.print(f"Not loaded either: {tables}")


def _tell_taken(title: str, home: Home, taken: list[LoadOutcome]) -> None:
    """A line per delivery; the column of what it superseded only where there is any."""
    if not taken:
        return
    replaced = superseded(home)
    columns = ["extract", "period", "rows", "accepted", "held back", "load id", "supersedes"]
    rows = [
        (
            *(o.delivery.extract_id, o.delivery.period, o.rows, o.rows - o.quarantined, o.quarantined),
            *(o.delivery.load_id[:SHORT], replaced.get(o.delivery.load_id, "")[:SHORT]),
        )
        for o in taken
    ]
    n = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    print_table(title, columns[:n], [row[:n] for row in rows])


def _tell_findings(home: Home, outcome: LoadOutcome) -> None:
    """What the gate found of a delivery it accepted, a line each; `check` tells what to do about it."""
    found = [result for result in outcome.results if not result.passed]
    which = f"{outcome.delivery.extract_id} {outcome.delivery.period}"
    for result in found[:MOST_FINDINGS]:
        is_held = result.severity == "quarantine"
        said = f"{counted(result.violations, 'row')} held back" if is_held else "Warning"
        err.print(f"[yellow]{said}:[/] {which}: ", end="")
        err.print(result.explanation, markup=False, soft_wrap=True)
    if found:
        page = home.feedback_page(outcome.delivery.partner, outcome.delivery.load_id)
        more = f"{len(found) - MOST_FINDINGS} more, and " if len(found) > MOST_FINDINGS else ""
        err.print(f"  {more}what to do about it: {page}", markup=False, soft_wrap=True, style="dim")


def superseded(home: Home) -> dict[str, str]:
    """Load id in force -> the one it took the place of."""
    from orchestration.received import states

    return {
        (state.reason or "").removeprefix("by "): state.load_id
        for state in states(home)
        if state.status == "superseded"
    }


def _advice(outcome: LoadOutcome) -> list[str]:
    """What only who keeps the contract can do about a rejection; of a file that cannot be read the reason
    says it."""
    stopping = [r for r in outcome.results if not r.passed and r.severity == "reject"]
    return [r.advice for r in stopping if r.advice and r.advice not in outcome.reason]


def load_facts(home: Home, outcomes: list[LoadOutcome]) -> list[dict[str, Any]]:
    """Loads as JSON, each with the delivery it took the place of."""
    replaced = superseded(home) if any(map(is_taken, outcomes)) else {}
    return [
        {**outcome_facts(home, one), "supersedes": replaced.get(one.delivery.load_id)} for one in outcomes
    ]


def outcome_facts(home: Home, outcome: LoadOutcome) -> dict[str, Any]:
    """One load as JSON."""
    return {
        **delivery_facts(outcome.delivery),
        "outcome": outcome.outcome,
        "rows": outcome.rows,
        "accepted": 0 if outcome.outcome == "rejected" else outcome.rows - outcome.quarantined,
        "quarantined": outcome.quarantined,
        "failed": [vars(result) for result in outcome.results if not result.passed],
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "feedback": home.feedback_page(outcome.delivery.partner, outcome.delivery.load_id),
    }


def delivery_facts(delivery: Delivery) -> dict[str, Any]:
    """What names a delivery, as JSON."""
    return {
        "load_id": delivery.load_id,
        "extract": delivery.extract_id,
        "period": delivery.period,
        "file": delivery.file_name,
        "sha256": delivery.sha256,
    }
