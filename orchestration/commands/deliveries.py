"""Deliveries from the command line: `receive` and `load`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ingestion.errors import MilepostError, UnexpectedFile
from ingestion.wording import counted
from orchestration.bars import Bars
from orchestration.commands.outcomes import (
    MOST_TOLD,
    SHORT,
    delivery_facts,
    is_taken,
    load_facts,
    tell_outcomes,
    unchanged_of,
)
from orchestration.console import Exit, UsageError, err, exit_code, print_json, print_table

if TYPE_CHECKING:
    from expectations.outcome import LoadOutcome
    from ingestion.home import Home
    from ingestion.landing.receive import Delivery

EXTRACT = typer.Option(None, "--extract", help="partner.entity, where the file's name does not tell.")
YEAR = typer.Option(None, "--school-year", help="The year the school year ends in (2025 is 2024-25).")
COLLECTION = typer.Option(None, "--collection", help="annual, or the name of an interim collection.")
SAME = typer.Option(False, "--same-content", help="Take a file that equals another school year's.")
REFRESH = "milepost refresh"
JSON = typer.Option(False, "--json", help="Print JSON on stdout.")


class RunFailed(RuntimeError):
    """A run failed for a reason nobody foresaw."""


def register(app: typer.Typer) -> None:
    for command in (receive, load):
        app.command()(command)


def receive(
    paths: list[Path] = typer.Argument(help="Files, or folders of files."),
    extract: str | None = EXTRACT,
    school_year: int | None = YEAR,
    collection: str | None = COLLECTION,
    same_content: bool = SAME,
    as_json: bool = JSON,
) -> None:
    """Copy files into the landing zone and say which deliveries they hold; nothing is loaded yet.

    Example: milepost receive ~/Downloads/attendance_2025.csv

    Example: milepost receive export.csv --extract river_city_schools.person --school-year 2025
    """
    from orchestration.received import receive_files, states
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    before = {state.load_id for state in states(home)}
    deliveries, refused = receive_files(
        home, files_in(paths, extract=extract), extract, school_year, collection, same_content
    )
    if as_json:
        print_json(
            {"received": [delivery_facts(d) for d in deliveries], "refused": [str(e) for e in refused]}
        )
    elif deliveries:
        rows = [(d.extract_id, d.period, d.file_name, d.load_id) for d in deliveries]
        again = sum(d.load_id in before for d in deliveries)
        title = f"{counted(len(deliveries), 'delivery', 'deliveries')} received"
        title += f", {again} of them there already" if again else ""
        print_table(title, ["extract", "period", "file", "load id"], rows)
    end(refused)


def load(
    paths: list[Path] | None = typer.Argument(None, help="Files or folders; without any, the inbox."),
    extract: str | None = EXTRACT,
    school_year: int | None = YEAR,
    collection: str | None = COLLECTION,
    same_content: bool = SAME,
    as_json: bool = JSON,
) -> None:
    """Receive files, check them at the gate, and put what passes in force. Loading twice changes nothing.

    Without files: everything new in the inbox, and everything received but not loaded yet. What lies there
    and no contract expects is told and left where it is, and is no failure. A file that was
    withdrawn comes back only if it is named: it goes through the gate again, as the newest of its period.

    Example: milepost load

    Example: milepost load ~/Downloads/attendance_2025.csv
    """
    from orchestration.received import receive_files, waiting_deliveries
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    files = files_in(paths, extract=extract) if paths else files_in([home.inbox], may_be_empty=True)
    with err.status(f"Receiving {counted(len(files), 'file')} ..."):
        named = [path for path in paths or [] if path in files]
        deliveries, refused = receive_files(
            home, files, extract, school_year, collection, same_content, reopen=named
        )
        waiting = waiting_deliveries(home, deliveries, everything=not paths)
    outcomes, errors = run_load(waiting)
    unchanged = unchanged_of(deliveries, waiting)
    # a note in the inbox would make every load fail; a file that was named is asked for
    strays = [] if paths else [error for error in refused if isinstance(error, UnexpectedFile)]
    refused = [error for error in refused if error not in strays]
    errors = [*refused, *errors, *([] if paths else _given_up(home))]
    next_step = REFRESH if any(map(is_taken, outcomes)) else None
    if as_json:
        facts = {"loaded": load_facts(home, outcomes), "unchanged": len(unchanged), "next": next_step}
        print_json({**facts, "errors": [*map(str, errors)], "strays": [*map(str, strays)]})
    else:
        tell_outcomes(home, outcomes, unchanged)
        _tell_left_out(home, deliveries)
        for stray in strays:
            err.print(f"Left in the inbox: {stray}", style="yellow", markup=False, soft_wrap=True)
        if next_step:
            err.print(f"Next: {next_step}")
    end(errors, any(outcome.outcome == "rejected" for outcome in outcomes))


def run_load(deliveries: list[Delivery]) -> tuple[list[LoadOutcome], list[MilepostError]]:
    """Load through Dagster with a bar; the outcomes, and an error per file that could not be loaded.

    Raises RunFailed where the run failed and neither a delivery nor an error of ours says why.
    """
    if not deliveries:
        return [], []
    from orchestration.runs import load_in_process

    bars = Bars()
    with bars.showing():
        result = load_in_process([delivery.load_id for delivery in deliveries], bars)
    outcomes = [part for outcome in bars.outcomes for part in outcome.each]
    explained = bars.errors or any(outcome.outcome == "rejected" for outcome in outcomes)
    if not result["success"] and not explained:
        raise RunFailed(result["failures"][0]["message"] if result["failures"] else "no reason was given")
    return outcomes, bars.errors


def _given_up(home: Home) -> list[MilepostError]:
    """One error per delivery that is left out since the process ended over it."""
    from ingestion.errors import DeliveryError
    from orchestration.received import given_up_deliveries

    return [
        DeliveryError(
            f"{delivery.extract_id} {delivery.period} was left out: twice in a row the process was gone"
            " before it was loaded, as when the memory does not suffice",
            where=delivery.file_name,
            rule="What was in force before still is",
            next_step=f"`milepost load FILE`, with the file named, tries it again ({delivery.landed}), and"
            f" `milepost withdraw {delivery.load_id[:SHORT]}` puts it aside",
        )
        for delivery in given_up_deliveries(home)
    ]


def _tell_left_out(home: Home, deliveries: list[Delivery]) -> None:
    """Of the files given, those not in force and not judged either, with what would change it."""
    from orchestration.received import states

    steps = {
        "withdrawn": "`milepost load FILE`, with the file named, puts it back in force",
        "superseded": "a newer delivery is in force, see `milepost status --list`",
    }
    given = {delivery.load_id for delivery in deliveries}
    for state in [s for s in states(home) if s.load_id in given and s.status in steps][:MOST_TOLD]:
        which = f"{state.delivery.extract_id} {state.delivery.period} ({state.delivery.file_name})"
        said = f"Not loaded: {which} was {state.status}; {steps[state.status]}"
        err.print(said, markup=False, soft_wrap=True)


def end(errors: list[MilepostError], rejected: bool = False) -> None:
    """Tell what went wrong, file by file, and leave with 1 for a file, 2 for the configuration."""
    for error in errors:
        err.print(str(error), style="red", markup=False, soft_wrap=True)
    codes = [exit_code(error) for error in errors] + ([Exit.REJECTED] if rejected else [])
    if codes:
        raise typer.Exit(max(codes))


def files_in(paths: list[Path], may_be_empty: bool = False, extract: str | None = None) -> list[Path]:
    """The files named, and those in the folders named at any depth, without hidden ones.

    A folder that is itself what a layout's contract expects (an export of several files) stays whole.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir() and _is_delivery(path, extract):
            files.append(path)
        elif path.is_dir():
            inside = [p for p in sorted(path.glob("**/*")) if p.is_file()]
            files += [
                p for p in inside if not any(part.startswith(".") for part in p.relative_to(path).parts)
            ]
        elif not may_be_empty or path.exists():
            files.append(path)
    if not files and not may_be_empty:
        raise UsageError("There is no file in it", where=", ".join(map(str, paths)))
    return files


def _is_delivery(folder: Path, extract: str | None) -> bool:
    """Whether a folder holds one delivery of a layout, by its name or by what is said of it."""
    from ingestion.landing.archive import named_as
    from orchestration.settings import sound_configuration

    communities, _ = sound_configuration()
    of_name = communities.contracts_for(named_as(folder).as_posix())
    named = [c for c in communities.contracts.values() if extract and extract in (c.bundle, c.extract_id)]
    return any(contract.bundle and contract.member for contract in (named if extract else of_name))
