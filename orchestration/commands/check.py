"""Before sending: what the gate would say of a file, with nothing loaded and nothing written: `check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ingestion.wording import counted
from orchestration.commands.deliveries import COLLECTION, EXTRACT, JSON, SAME, YEAR
from orchestration.commands.outcomes import outcome_facts
from orchestration.console import Exit, err, print_json, print_table

if TYPE_CHECKING:
    from expectations.feedback import BadRow
    from expectations.outcome import LoadOutcome
    from expectations.rule import RuleResult
    from ingestion.configuration.community import Communities
    from ingestion.contracts.columns import Reader
    from ingestion.errors import ContractError
    from ingestion.home import Home

MOST_ROWS = 10
NOT_OF_ROWS = ("reading", "history_row_count", "history_roster_share")
NO_LOAD = "Nothing is loaded before they are mended; `milepost contracts` names them."


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

    Contracts of other partners that are wrong do not stand in the way, as they do for a load.

    Example: milepost check attendance_2025.csv

    Example: milepost check export.csv --extract river_city_schools.person --school-year 2025
    """
    from ingestion.landing.archive import named_as
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    name = named_as(file)
    communities = _configuration_for(name, extract)
    with err.status(f"Checking {name.name} ..."):
        outcomes = judge(home, communities, file, extract, school_year, collection, same_content)
    if as_json:
        # no page was written for the partner
        print_json([{**outcome_facts(home, o), "feedback": None} for o in outcomes])
    else:
        told: set[str] = set()
        for outcome in outcomes:
            if not outcome.is_held_up and (not outcome.reason or outcome.reason not in told):
                told.add(outcome.reason)
                _tell(outcome, communities.contracts[outcome.delivery.extract_id].reader)
    if any(outcome.outcome == "rejected" for outcome in outcomes):
        raise typer.Exit(Exit.REJECTED)


def _configuration_for(file: Path, extract: str | None) -> Communities:
    """The configuration, as far as this file needs it; ContractError for what is wrong with its contracts."""
    from ingestion.errors import ContractError
    from orchestration.settings import sound_configuration

    communities, wrong = sound_configuration()
    if extract:
        partners = {extract.partition(".")[0]}
    else:
        partners = {contract.partner for contract in communities.contracts_for(file.as_posix())}
    # a contract's file is named after its partner; where that tells nothing, it may be the one for this file
    others = communities.partners.keys() - partners if partners else set()
    needed = [error for error in wrong if _partner_of(error) not in others]
    if needed:
        raise ContractError.of(needed)
    if wrong:
        n = counted(len(wrong), "mistake")
        err.print(f"[yellow]Passed over:[/] {n} in contracts of other partners. {NO_LOAD}", soft_wrap=True)
    return communities


def _partner_of(error: ContractError) -> str:
    return Path(error.where.rpartition(":")[0]).stem.partition("__")[0]


def judge(
    home: Home,
    communities: Communities,
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
    from ingestion.landing.receive import receive
    from ingestion.scratch import scratch_folder

    with scratch_folder("check") as folder:
        scratch = Home(folder)
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


def _tell(outcome: LoadOutcome, reader: Reader) -> None:
    delivery = outcome.delivery
    words = outcome.outcome.replace("_", " ")
    err.print(f"{delivery.extract_id} {delivery.period}: would be {words}{_rows(outcome)}", soft_wrap=True)
    failed = _failed(outcome)
    if failed:
        rows = [(r.severity, r.column or "", _rows_of(r), what_to_do(r)) for r in failed]
        print_table("", ["severity", "column", "rows", "what and how to fix it"], rows)
    elif outcome.reason:
        err.print(outcome.reason, markup=False, soft_wrap=True)
    if outcome.bad_rows:
        _tell_rows(outcome.bad_rows, reader)


def _rows(outcome: LoadOutcome) -> str:
    """` (4 rows: 3 accepted, 1 held back)`; of a file that is rejected as a whole only how many it has."""
    rows = counted(outcome.rows, "row")
    if outcome.outcome == "rejected":
        return f" ({rows})" if outcome.rows else ""
    return f" ({rows}: {outcome.rows - outcome.quarantined:,} accepted, {outcome.quarantined:,} held back)"


def _rows_of(result: RuleResult) -> int | None:
    """How many rows break a rule; nothing for a rule about the file as a whole, or about children."""
    of_the_file = result.expectation in NOT_OF_ROWS or result.expectation.startswith("expect_table")
    return None if of_the_file else result.violations


def what_to_do(result: RuleResult) -> str:
    """What a rule found, what the partner is told to do, and what only who keeps the contract can do."""
    told = f"{result.explanation} {result.how_to_fix}"
    return f"{told}\nFor you: {result.advice}" if result.advice else told


def _tell_rows(bad_rows: Sequence[BadRow], reader: Reader) -> None:
    """The numbers of the first rows that break a rule, for each part of the file, and what they count."""
    from ingestion.readers.formats import row_numbers_of

    numbers: dict[str, list[str]] = {}
    for row in bad_rows[:MOST_ROWS]:
        numbers.setdefault(row.source_file, []).append(str(row.row_number))
    for source, found in numbers.items():
        what = f"Rows of {source}" if len(numbers) > 1 else "Rows to look at"
        end = ", ..." if len(bad_rows) > MOST_ROWS else "."
        said = f"{what}: {', '.join(found)}{end} {row_numbers_of(reader, source)}"
        err.print(said, markup=False, soft_wrap=True)
