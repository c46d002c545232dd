"""`fetch`: what is new at the sources, into the inbox and received; with --load, loaded too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from ingestion.errors import MilepostError
from ingestion.wording import counted
from orchestration.commands.deliveries import JSON, REFRESH, end, run_load
from orchestration.commands.outcomes import delivery_facts, is_taken, load_facts, tell_outcomes, unchanged_of
from orchestration.console import UsageError, err, print_json, print_table

if TYPE_CHECKING:
    from ingestion.connectors.fetch import Fetched

MOST_NAMED = 5
AGAIN = typer.Option(False, "--again", help="Also what was fetched before.")
LOAD = typer.Option(False, "--load", help="Go on and load what was fetched.")


def register(app: typer.Typer) -> None:
    app.command()(fetch)


def fetch(
    sources: list[str] | None = typer.Argument(None, help="Names in sources.yml; without any, all of them."),
    again: bool = AGAIN,
    go_on: bool = LOAD,
    as_json: bool = JSON,
) -> None:
    """Fetch new files from partners' servers, folders and databases into the inbox, and receive them.

    What was fetched before and has not changed since is not fetched again; a file that was cut goes on
    where it stopped. Logins come from the environment alone.

    Example: milepost fetch

    Example: milepost fetch district_sftp --load
    """
    from orchestration.fetches import fetch_sources
    from orchestration.received import receive_files, waiting_deliveries
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    with err.status("Fetching ..."):
        done = fetch_sources(home, sources or [], again)
    _refuse_nothing(done)
    files = [path for fetched in done for path in fetched.files]
    deliveries, refused = receive_files(home, files)
    problems: list[MilepostError] = [problem for fetched in done for problem in fetched.problems]
    problems += refused
    waiting = waiting_deliveries(home, deliveries, everything=False) if go_on else []
    outcomes, errors = run_load(waiting)
    next_step = REFRESH if any(map(is_taken, outcomes)) else "milepost load" if deliveries else None
    if as_json:
        facts: dict[str, Any] = {
            "sources": [_facts(fetched) for fetched in done],
            "received": [delivery_facts(delivery) for delivery in deliveries],
            "loaded": load_facts(home, outcomes),
        }
        print_json({**facts, "errors": [str(e) for e in (*problems, *errors)], "next": next_step})
    else:
        _tell(done)
        if go_on:
            tell_outcomes(home, outcomes, unchanged_of(deliveries, waiting))
        if next_step:
            err.print(f"Next: {next_step}")
    end([*problems, *errors], any(outcome.outcome == "rejected" for outcome in outcomes))


def _refuse_nothing(done: list[Fetched]) -> None:
    if not done:
        raise UsageError("No source is configured", next_step="Write communities/<community>/sources.yml")


def _tell(done: list[Fetched]) -> None:
    rows = [(f.source, len(f.files), len(f.unchanged), len(f.still_written), len(f.problems)) for f in done]
    print_table("Fetched", ["source", "new", "unchanged", "still written", "troubles"], rows)
    for fetched in done:
        for said, names in (
            ("Left there, since they may still be written", fetched.still_written),
            ("Left there, since no contract expects them", fetched.unexpected),
        ):
            if names:
                more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
                shown = ", ".join(names[:MOST_NAMED])
                line = f"{fetched.source}: {said}: {counted(len(names), 'file')} ({shown}{more})"
                err.print(line, style="yellow", markup=False, soft_wrap=True)


def _facts(fetched: Fetched) -> dict[str, Any]:
    return {
        "source": fetched.source,
        "files": list(fetched.files),
        "unchanged": len(fetched.unchanged),
        "still_written": list(fetched.still_written),
        "unexpected": list(fetched.unexpected),
        "problems": [str(problem) for problem in fetched.problems],
    }
