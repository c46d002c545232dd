"""`milepost identity`: how children were linked, what a person decides of them, and the vault's key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.table import Table

from orchestration.commands import encoding
from orchestration.commands.deliveries import JSON
from orchestration.console import UsageError, err, out, print_json, print_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from identity.review import Pair
    from ingestion.home import Home

NEW_KEY_VARIABLE = "MILEPOST_VAULT_NEW_KEY"
ANSWERS = {"s": "same", "d": "different"}
identity = typer.Typer(no_args_is_help=True, help="Who is who: links, review, decisions, the vault's key.")


def register(app: typer.Typer) -> None:
    for command in (status, review, decide, decisions, explain):
        identity.command()(command)
    identity.command("rotate-key")(rotate_key)
    encoding.register(identity)
    app.add_typer(identity, name="identity")


@contextmanager
def _vault(*, writing: bool = False) -> Iterator[tuple[Home, DuckDBPyConnection]]:
    """The vault of this home; to write it, this process waits until no refresh is on."""
    from identity.vault import open_vault
    from orchestration.console import Bars
    from orchestration.settings import prepare_environment
    from orchestration.writer import one_writer

    home = prepare_environment()
    if writing:
        with one_writer(home, Bars()), open_vault(home) as con:
            yield home, con
    else:
        with open_vault(home, read_only=True) as con:
            yield home, con


def status(as_json: bool = JSON) -> None:
    """How many children of each partner are linked to another partner's, and what waits for review.

    Example: milepost identity status
    """
    from identity.decisions import unknown_decisions
    from identity.review import review_queue

    with _vault() as (_, con):
        rates = con.execute(MATCH_RATES).fetchall()
        waiting = len(review_queue(con))
        models = con.execute(
            "select community_id, max_by(version, trained_at), max_by(n_records, trained_at), "
            "max(trained_at) "
            "from vault.model group by all order by all"
        ).fetchall()
        decided = con.execute("select count(*) from vault.decision").fetchone()
        idle = unknown_decisions(con)
    assert decided is not None
    facts = {
        "partners": [dict(zip(RATE_COLUMNS, row, strict=True)) for row in rates],
        "to_review": waiting,
        "decisions": decided[0],
        "decisions_on_nobody": idle,
        "models": [
            dict(zip(("community_id", "version", "records", "trained_at"), row, strict=True))
            for row in models
        ],
    }
    if as_json:
        print_json(facts)
        return
    print_table("Children linked to another partner's", RATE_COLUMNS, rates)
    for community, version, records, trained_at in models:
        err.print(
            f"Model of {community}: {version}, fitted to {records:,} accounts on {trained_at:%Y-%m-%d}."
        )
    err.print(f"{waiting:,} pairs wait for review, {decided[0]:,} decisions are kept.", end=" ")
    if idle:
        err.print(f"{idle:,} of them are on children that no partner speaks of any more.", end=" ")
    err.print("Look at them with `milepost identity review`." if waiting else "")


RATE_COLUMNS = ("partner", "children", "linked", "match rate", "by state id", "by what they say")
MATCH_RATES = """
    with persons as (
        select person_id, count(distinct partner_id) as n_partners from vault.member group by person_id
    )
    select
        partner_id, count(*), count(*) filter (n_partners > 1),
        round(count(*) filter (n_partners > 1) / count(*), 4),
        count(*) filter (method = 'state_id'), count(*) filter (method in ('linked', 'decided'))
    from vault.member inner join persons using (person_id)
    group by partner_id
    order by partner_id
"""


def review(
    export: Path | None = typer.Option(
        None, help="Write the pairs into this new CSV file, to hand out. It holds names: guard it."
    ),
    take: Path | None = typer.Option(
        None, "--import", exists=True, dir_okay=False, help="Take the decisions of such a file, all or none."
    ),
    most: int | None = typer.Option(None, "--limit", min=1, help="No more pairs than this."),
    reviewer: str = typer.Option("", envvar="USER", help="Who decides; kept with each decision."),
) -> None:
    """Look at the pairs that the model is not sure of, one at a time, and decide: same child or different.

    Decisions are kept in the vault and hold on every refresh from the next one on.

    Example: milepost identity review

    Example: milepost identity review --export pairs.csv

    Example: milepost identity review --import pairs.csv
    """
    from identity.decisions import decide as keep
    from identity.review import hand_out, review_queue, taken_back

    if take:
        found = taken_back(take)
        with _vault(writing=True) as (_, con):
            added = keep(con, found)
        err.print(
            f"{len(found):,} decisions read, {added:,} of them new. They hold from the next refresh on."
        )
        return
    with _vault() as (_, con):
        pairs = review_queue(con, most)
    if export:
        if export.exists():
            raise UsageError(
                "The file is there already", where=str(export), next_step="Name a new file, or remove it"
            )
        hand_out(pairs, export)
        err.print(
            f"{len(pairs):,} pairs in {export}. It holds names: send it encrypted, and remove it afterwards."
        )
    elif not pairs:
        err.print("No pair waits for review.")
    elif not out.is_terminal:
        raise UsageError(
            f"{len(pairs):,} pairs wait, and this is no terminal to show names on",
            next_step="Use --export to write them into a file",
        )
    else:
        _ask(pairs, reviewer or "unknown")


def _ask(pairs: list[Pair], reviewer: str) -> None:
    """Show one pair at a time; each decision is kept at once, so a terminal that closes loses none."""
    from identity.decisions import Decision
    from identity.decisions import decide as keep

    for place, pair in enumerate(pairs, start=1):
        _show(pair, f"Pair {place} of {len(pairs)}, probability {pair.match_probability:.3f}")
        answer = ""
        while answer not in ("s", "d", "l", "q"):
            answer = (
                typer.prompt("[s]ame child, [d]ifferent, [l]ater, [q]uit", default="l").strip().lower()[:1]
            )
        if answer == "q":
            break
        if answer == "l":
            continue
        reason = typer.prompt("Why (may be empty)", default="", show_default=False)
        verdict = "same" if answer == "s" else "different"
        with _vault(writing=True) as (_, con):
            keep(con, [Decision(pair.left, pair.right, verdict, reviewer, reason)])  # type: ignore[arg-type]
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
    with _vault(writing=True) as (_, con):
        added = keep(con, [decision])
    err.print("Kept. It holds from the next refresh on." if added else "That was decided before.")


def _member(text: str) -> Any:
    from identity.decisions import Member

    partner, colon, student = text.partition(":")
    if not (partner and colon and student):
        raise UsageError(
            "A child is named by its partner and the partner's number",
            next_step="Write north:1001, for example",
        )
    return Member(partner, student)


def decisions(as_json: bool = JSON) -> None:
    """Every decision in the order they were made, with who made it and why.

    Example: milepost identity decisions --json
    """
    with _vault() as (_, con):
        cursor = con.execute("select * from vault.decision order by decided_at, rowid")
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        children = [(f"{row[0]}:{row[1]}", f"{row[2]}:{row[3]}", *row[4:]) for row in rows]
        columns = ("child", "other child", "decision", "reviewer", "when", "reason")
        print_table("Decisions", columns, children, plain=True)


def explain(
    person_id: str = typer.Argument(help="A person_id of the marts, or one of before."), as_json: bool = JSON
) -> None:
    """Why these children of partners are one person: how each was linked, and what changed since.

    Example: milepost identity explain 0a1b2c3d4e5f
    """
    with _vault() as (_, con):
        now = con.execute(
            "select coalesce((select person_id from vault.alias where former_person_id = $id), $id)",
            {"id": person_id},
        ).fetchall()[0][0]
        members = con.execute(
            "select partner_id, student_id, method, since from vault.member where person_id = ? order by all",
            [now],
        ).fetchall()
        links = con.execute(PERSON_LINKS, [now]).fetchall()
        changes = con.execute(
            "select changed_at, kind, other_person_id, cause from vault.change "
            "where ? in (person_id, other_person_id) order by changed_at",
            [now],
        ).fetchall()
    if not members:
        raise UsageError(
            "No child has this person_id", next_step="Take one of marts.dim_person, or of a release before"
        )
    if as_json:
        facts = {"person_id": now, "children": members, "links": links, "changes": changes}
        print_json(facts)
        return
    if now != person_id:
        err.print(f"{person_id} is {now} now.")
    print_table(f"Person {now}", ("partner", "number", "method", "since"), members, plain=True)
    if links:
        print_table("Links", ("partner", "other partner", "weight", "evidence"), links, plain=True)
    if changes:
        print_table("Changes", ("when", "what", "other person", "why"), changes, plain=True)


PERSON_LINKS = """
    with told as (
        select record_id, member.partner_id, member.member_id
        from vault.record inner join vault.member as member using (member_id)
        where person_id = ?
    )
    select
        l.partner_id, r.partner_id, round(max(match_weight), 1),
        max_by(list_aggregate(list_transform(map_entries(levels), lambda e: e.key || ': ' || e.value),
                              'string_agg', '; '), match_weight)
    from vault.pair as pair
    inner join told as l on pair.record_l = l.record_id
    inner join told as r on pair.record_r = r.record_id
    group by l.partner_id, r.partner_id, l.member_id, r.member_id
    order by all
"""


def rotate_key() -> None:
    """Encrypt the vault anew under another key.

    A key file gets the new key itself. Where MILEPOST_VAULT_KEY holds the key, the new one is taken from
    MILEPOST_VAULT_NEW_KEY, and has to be set as MILEPOST_VAULT_KEY afterwards.

    Example: milepost identity rotate-key
    """
    from identity.vault import KEY_VARIABLE
    from identity.vault import rotate_key as rotate
    from orchestration.console import Bars
    from orchestration.settings import prepare_environment
    from orchestration.writer import one_writer

    home = prepare_environment()
    with one_writer(home, Bars()):
        key = rotate(home, os.environ.get(NEW_KEY_VARIABLE))
    if key.file:
        err.print(
            f"The vault has a new key, in {key.file}. Copies of the vault from before keep the old one."
        )
    else:
        err.print(f"The vault has a new key. Set {KEY_VARIABLE} to it now.")
