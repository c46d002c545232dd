"""`milepost identity review` and `decide`: what a person says of two children of partners."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from ingestion.wording import counted
from orchestration.commands.opened_vault import opened_vault
from orchestration.console import UsageError, err, out

if TYPE_CHECKING:
    from identity.decisions import Member
    from identity.review import Pair

ANSWERS = {"s": "same", "d": "different"}


def register(identity_app: typer.Typer) -> None:
    identity_app.command()(review)
    identity_app.command()(decide)


def review(
    ctx: typer.Context,
    export: Path | None = typer.Option(
        None, help="Write the pairs into this new CSV file, to hand out. It holds names: guard it."
    ),
    take: Path | None = typer.Option(
        None, "--import", exists=True, dir_okay=False, help="Take the decisions of such a file, all or none."
    ),
    most: int | None = typer.Option(None, "--limit", min=1, help="No more pairs than this."),
    reviewer: str = typer.Option(
        "",
        envvar="USER",
        help="Who decides; kept with each decision. With --import, of rows that name nobody.",
    ),
) -> None:
    """Look at the pairs that the model is not sure of, one at a time, and decide: same child or different.

    Decisions are kept in the vault and hold on every refresh from the next one on.

    Example: milepost identity review

    Example: milepost identity review --export pairs.csv

    Example: milepost identity review --import pairs.csv --reviewer "Ann Lee"
    """
    from identity.review import review_queue

    if take:
        # who imports a file did not decide it, so only a name that was said counts, not the account's
        source = ctx.get_parameter_source("reviewer")
        _take(take, reviewer if source and source.name == "COMMANDLINE" else "")
        return
    with opened_vault() as con:
        waiting = review_queue(con)
    pairs = waiting[:most]
    if export:
        _export(pairs, export)
    elif not pairs:
        err.print("No pair waits for review.")
    elif not out.is_terminal:
        raise UsageError(
            f"{counted(len(waiting), 'pair waits', 'pairs wait')}, and this is no terminal to show names on",
            next_step="Use --export to write them into a file",
        )
    else:
        _ask(pairs, reviewer or "unknown")


def _take(file: Path, reviewer: str) -> None:
    from identity.decisions import decide as keep
    from identity.review import taken_back

    found = taken_back(file, reviewer)
    with opened_vault(writing=True) as con:
        added = keep(con, found)
    err.print(
        f"{counted(len(found), 'decision')} read, {added:,} of them new. They hold from the next refresh on."
    )


def _export(pairs: list[Pair], file: Path) -> None:
    from identity.review import hand_out

    if file.exists():
        raise UsageError(
            "The file is there already", where=str(file), next_step="Name a new file, or remove it"
        )
    hand_out(pairs, file)
    err.print(
        f"{counted(len(pairs), 'pair')} in {file}. It holds names: send it encrypted, and remove it"
        " afterwards."
    )


def _ask(pairs: list[Pair], reviewer: str) -> None:
    """Show one pair at a time; each decision is kept at once, so a terminal that closes loses none."""
    from identity.decisions import Decision
    from identity.decisions import decide as keep
    from identity.review import VERDICTS

    for place, pair in enumerate(pairs, start=1):
        _show(pair, f"Pair {place} of {len(pairs)}, probability {pair.match_probability:.3f}")
        answer = ""
        while answer not in (*ANSWERS, "l", "q"):
            answer = (
                typer.prompt("[s]ame child, [d]ifferent, [l]ater, [q]uit", default="l").strip().lower()[:1]
            )
        if answer == "q":
            break
        if answer == "l":
            continue
        reason = typer.prompt("Why (may be empty)", default="", show_default=False)
        verdict = VERDICTS[ANSWERS[answer]]
        with opened_vault(writing=True) as con:
            keep(con, [Decision(pair.left, pair.right, verdict, reviewer, reason)])
    err.print("Decisions hold from the next `milepost refresh` on.")


def _show(pair: Pair, title: str) -> None:
    table = Table(title=title, title_justify="left")
    for heading in ("", f"{pair.left.partner_id}", f"{pair.right.partner_id}", "evidence"):
        table.add_column(heading, overflow="fold")
    table.add_row("number", escape(pair.left.student_id), escape(pair.right.student_id), "")
    for field, one in pair.one.items():
        said = ["" if value is None else escape(str(value)) for value in (one, pair.other[field])]
        table.add_row(field.replace("_", " "), *said, pair.evidence.get(field, ""))
    rest = {field: level for field, level in pair.evidence.items() if field not in pair.one}
    for field, level in rest.items():
        table.add_row(field.replace("_", " "), "", "", level)
    out.print(table)


def decide(
    verdict: str = typer.Argument(help="same or different"),
    one: str = typer.Argument(help="A child as partner:number, such as north:1001."),
    other: str = typer.Argument(help="Another child, the same way."),
    reason: str = typer.Option(..., help="Why; kept with the decision."),
    reviewer: str = typer.Option("unknown", envvar="USER", help="Who decides."),
) -> None:
    """Decide of two children of partners that they are the same, or that they are not.

    A split is sticky: no later link joins the two again. The latest decision on a pair is in force.

    Example: milepost identity decide different north:1001 clinic:77 --reason "twins; asked the school"
    """
    from identity.decisions import Decision
    from identity.decisions import decide as keep
    from identity.review import VERDICTS

    if verdict not in VERDICTS:
        raise UsageError(f"{verdict!r} is no decision", next_step="Use same or different")
    decision = Decision(_member(one), _member(other), VERDICTS[verdict], reviewer, reason)
    with opened_vault(writing=True) as con:
        added = keep(con, [decision])
    err.print("Kept. It holds from the next refresh on." if added else "That was decided before.")


def _member(text: str) -> Member:
    from identity.decisions import Member

    partner, colon, student = text.partition(":")
    if not (partner and colon and student):
        raise UsageError(
            "A child is named by its partner and the partner's number",
            next_step="Write north:1001, for example",
        )
    return Member(partner, student)
