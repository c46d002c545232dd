"""`milepost release attack`: what anyone can work out of the published numbers of a release."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from ingestion.wording import counted
from orchestration.commands.deliveries import JSON
from orchestration.console import Exit, err, out, print_json

if TYPE_CHECKING:
    from ingestion.home import Home

MOST_SHOWN = 50


def register(release_app: typer.Typer) -> None:
    release_app.command()(attack)


def attack(
    release: str = typer.Option(
        "", help="A release that is kept, such as r0003; the current one if left out."
    ),
    guesses: bool = typer.Option(
        False, "--guesses", help="Name what a reader might guess, too: see docs/attack.md."
    ),
    as_json: bool = JSON,
) -> None:
    """Attack a release: the smallest and largest value that its numbers leave for each hidden one.

    Every release was attacked before it was published; this does it again, from its files, with nothing kept.
    Exits with 1 if anything is too open.

    With --guesses, tables that differ by a few children are taken to have them in one of the two alone. That
    is often wrong, so no release is refused for it.

    Example: milepost release attack

    Example: milepost release attack --release r0003 --json

    Example: milepost release attack --guesses
    """
    from orchestration.settings import prepare_environment
    from publishing.attack.refusal import attack_release
    from publishing.attack.report import sentences

    home = prepare_environment()
    with err.status("Attacking the release ..."):
        report = attack_release(home, release or None, guesses=guesses)
    if as_json:
        print_json({**report.facts(), "findings": [asdict(finding) for finding in report.findings]})
    else:
        for sentence in sentences(report.facts()):
            out.print(sentence, markup=False, soft_wrap=True)
        for finding in report.findings[:MOST_SHOWN]:
            out.print(f"  {finding}", markup=False, soft_wrap=True)
        if report.findings:
            out.print(f"{counted(len(report.findings), 'number')} of it too open.", style="red")
    if report.findings:
        raise typer.Exit(Exit.REJECTED)


def attack_facts(home: Home) -> dict[str, Any] | None:
    """How the current release was attacked when it was made, in counts; None where it was not."""
    from publishing.attack.refusal import facts_of

    facts = facts_of(home.current_release)
    return {name: value for name, value in facts.items() if name != "units"} or None


def attack_sentences(facts: dict[str, Any] | None) -> list[str]:
    """The same for people."""
    from publishing.attack.report import sentences

    return sentences(facts) if facts else []
