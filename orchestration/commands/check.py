"""Before sending: what the gate would say of a file, with nothing loaded and nothing written: `check`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer

from orchestration.commands.deliveries import COLLECTION, EXTRACT, JSON, SAME, YEAR, outcome_facts
from orchestration.console import Exit, err, print_json, print_table

if TYPE_CHECKING:
    from expectations.outcome import LoadOutcome
    from expectations.rule import RuleResult
    from ingestion.home import Home

MOST_ROWS = 10


def register(app: typer.Typer) -> None:
    app.command()(check)


def check(
    file: Path = typer.Argument(help="The file a partner wants to send."),
    extract: str | None = EXTRACT,
    school_year: int | None = YEAR,
    collection: str | None = COLLECTION,
    same_content: bool = SAME,
    as_json: bool = JSON,
) -> None:
    """Read a file and judge it at the gate without loading it: what would happen if it were sent.

    Example: milepost check attendance_2025.csv

    Example: milepost check export.csv --extract river_city_schools.person --school-year 2025
    """
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    with err.status(f"Checking {file.name} ..."):
        outcomes = judge(home, file, extract, school_year, collection, same_content)
    if as_json:
        # no page was written for the partner
        print_json([{**outcome_facts(home, o), "feedback": None, "failed": _facts(o)} for o in outcomes])
    else:
        for outcome in outcomes:
            _tell(outcome)
    if any(outcome.outcome == "rejected" for outcome in outcomes):
        raise typer.Exit(Exit.REJECTED)


def judge(
    home: Home,
    file: Path,
    extract: str | None,
    school_year: int | None,
    collection: str | None,
    same_content: bool,
) -> list[LoadOutcome]:
    """One outcome per delivery in the file, compared with what came before; nothing is kept of it."""
    from expectations.databases import Databases
    from expectations.loading import load_file
    from ingestion.home import Home
    from ingestion.landing import receive
    from orchestration.settings import load_configuration

    communities = load_configuration()
    with TemporaryDirectory(prefix="milepost-check-") as folder:
        scratch = Home(Path(folder))
        deliveries = receive(
            scratch,
            communities,
            file,
            extract=extract,
            school_year=school_year,
            collection=collection,
            allow_same_content=same_content,
            known_to=home,
        )
        # what does not fit into memory is put aside there too
        outcomes = load_file(home, communities, deliveries, check_only=True, databases=Databases(scratch))
    return [part for outcome in outcomes for part in outcome.each]


def _failed(outcome: LoadOutcome) -> list[RuleResult]:
    return [result for result in outcome.results if not result.passed]


def _facts(outcome: LoadOutcome) -> list[dict[str, Any]]:
    return [vars(result) for result in _failed(outcome)]


def _tell(outcome: LoadOutcome) -> None:
    delivery = outcome.delivery
    held = f", {outcome.quarantined:,} held back" if outcome.quarantined else ""
    words = outcome.outcome.replace("_", " ")
    err.print(f"{delivery.extract_id} {delivery.period}: would be {words} ({outcome.rows:,} rows{held})")
    failed = _failed(outcome)
    if failed:
        rows = [(r.severity, r.column or "", r.violations, f"{r.explanation} {r.how_to_fix}") for r in failed]
        print_table("", ["severity", "column", "rows", "what and how to fix it"], rows)
    elif outcome.reason:
        err.print(outcome.reason, markup=False, soft_wrap=True)
    if outcome.bad_rows:
        numbers = [str(row.row_number) for row in outcome.bad_rows[:MOST_ROWS]]
        more = "..." if len(outcome.bad_rows) > MOST_ROWS else ""
        err.print(f"Rows of the file (the header is row 1): {', '.join(numbers)} {more}")
