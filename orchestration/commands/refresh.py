"""From raw to published: `refresh`."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import typer

from ingestion.wording import counted
from orchestration.bars import Bars
from orchestration.console import Exit, err, print_json

STEPS = {
    "reference": "Configuration as tables",
    "person_links": "Identity",
    "place_links": "Organizations and sites",
    "warehouse": "Warehouse, disclosure control (dbt)",
    "release": "Release",
}


def register(app: typer.Typer) -> None:
    app.command()(refresh)


def refresh(
    everything: bool = typer.Option(
        False, "--full", help="Build all models, also those whose inputs are as before."
    ),
    notes: str = typer.Option(
        "", help="What readers should know of the release: column notes of the table releases."
    ),
    retrain: bool = typer.Option(
        False, help="Fit the model that links children anew: once a year, or after a new partner came."
    ),
    accept_match_rates: bool = typer.Option(
        False, help="Let deliveries pass whose children are linked far less often than before."
    ),
    accept_reissued_numbers: bool = typer.Option(
        False, help="Let deliveries pass that call other children by numbers that were taken."
    ),
    accept_contradicted_state_ids: bool = typer.Option(
        False,
        help="Let deliveries pass that have others' state ids for other children; these ids link nobody.",
    ),
    new_vault: bool = typer.Option(
        False,
        "--new-vault",
        help="Make a vault where one was and no backup of it is left: decisions of reviewers are gone.",
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the result as JSON."),
) -> None:
    """Build what changed behind the gate: identity, warehouse, disclosure control, a new release.

    A failed test of severity error stops the publication; the last release stays where it is.

    Example: milepost refresh

    Example: milepost refresh --notes "River City sent its attendance of 2023-24 anew"
    """
    linking = {
        "retrain": retrain,
        "accept_match_rates": accept_match_rates,
        "accept_reissued_numbers": accept_reissued_numbers,
        "accept_contradicted_state_ids": accept_contradicted_state_ids,
        "new_vault": new_vault,
    }
    result = run_refresh(everything, notes, **linking)
    if as_json:
        print_json(result)
    elif result["success"]:
        _tell(result, notes)
    if not result["success"]:
        raise typer.Exit(Exit.REJECTED)


def _tell(result: dict[str, Any], notes: str) -> None:
    if result["is_new"]:
        err.print(
            f"[green]Published {result['release_id']}[/] in {result['seconds']} s: {result['database']}"
        )
        return
    err.print(
        f"[green]No published number changed[/] in {result['seconds']} s: {result['release_id']} is"
        f" still current ({result['database']})"
    )
    if changed := _persons_changed(result):
        err.print(f"What changed behind it: {changed}.")
    if notes:
        err.print("The notes were not taken: they go with a new release only.")


def _persons_changed(result: dict[str, Any]) -> str:
    """How many persons turned out one, or two; empty where none did."""
    joined, split = result["joined_persons"], result["split_persons"]
    said = [(joined, "joined with others"), (split, "split")]
    return ", ".join(f"{counted(number, 'person')} {what}" for number, what in said if number)


def run_refresh(everything: bool = False, notes: str = "", **linking: bool) -> dict[str, Any]:
    """Run the job `refresh` in this process and report it; failures are told to people before returning.

    `linking` are the options of `link_persons`.
    """
    from orchestration.commands.release_attack import attack_facts, attack_sentences
    from orchestration.commands.release_facts import release_facts, sentences, years_published
    from orchestration.runs import refresh_in_process
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    years_before = years_published(home.current_database)
    started, since = time.perf_counter(), dt.datetime.now(dt.UTC).replace(tzinfo=None)
    bars = Bars(STEPS)
    with bars.showing():
        result = refresh_in_process(bars, everything, notes, **linking)
    result["seconds"] = round(time.perf_counter() - started, 1)
    for failure in result["failures"]:
        err.print(f"[red]{failure['step']} failed.[/] ", end="")
        err.print(failure["message"], markup=False, soft_wrap=True)
    if result["failures"]:
        current = "the last release is still current" if result["release_id"] else "there is no release yet"
        err.print(f"Nothing was published; {current}.")
    else:
        result |= release_facts(home, years_before, since)
        result["attack"] = attack_facts(home)
        for sentence in [*sentences(result), *attack_sentences(result["attack"])]:
            err.print(sentence, markup=False, soft_wrap=True)
    return result
