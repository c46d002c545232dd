"""`milepost identity`: how children were linked, what a person decides of them, and the vault's key."""

from __future__ import annotations

import os

import typer

from ingestion.wording import counted
from orchestration.commands import encoding, reviewing
from orchestration.commands.deliveries import JSON
from orchestration.commands.opened_vault import opened_vault
from orchestration.console import UsageError, err, out, print_json, print_table

NEW_KEY_VARIABLE = "MILEPOST_VAULT_NEW_KEY"
identity = typer.Typer(no_args_is_help=True, help="Who is who: links, review, decisions, the vault's key.")


def register(app: typer.Typer) -> None:
    identity.command()(status)
    reviewing.register(identity)
    identity.command()(decisions)
    identity.command()(explain)
    identity.command("rotate-key")(rotate_key)
    identity.command("warehouse-key")(warehouse_key)
    encoding.register(identity)
    app.add_typer(identity, name="identity")


def status(as_json: bool = JSON) -> None:
    """How many children of each partner are linked to another partner's, and what waits for review.

    Example: milepost identity status
    """
    from identity.decisions import unknown_decisions
    from identity.review import review_queue

    with opened_vault() as con:
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
    columns = [name.replace("_", " ") for name in RATE_COLUMNS]
    print_table("Children linked to another partner's", columns, rates)
    for community, version, records, trained_at in models:
        err.print(
            f"Model of {community}: {version}, fitted to {records:,} accounts on {trained_at:%Y-%m-%d}."
        )
    pairs = counted(waiting, "pair waits", "pairs wait")
    err.print(f"{pairs} for review, {counted(decided[0], 'decision is', 'decisions are')} kept.", end=" ")
    if idle:
        of_them = counted(idle, "of them is", "of them are")
        err.print(f"{of_them} on children that no partner speaks of any more.", end=" ")
    err.print("Look at them with `milepost identity review`." if waiting else "")


RATE_COLUMNS = ("partner", "children", "linked", "match_rate", "by_state_id", "by_what_they_say")
MATCH_RATES = """
    with members as (
        -- of files in force
        from vault.member semi join vault.mention using (member_id)
    ),
    persons as (
        select person_id, count(distinct partner_id) as n_partners from members group by person_id
    )
    select
        partner_id, count(*), count(*) filter (n_partners > 1),
        round(count(*) filter (n_partners > 1) / count(*), 4),
        count(*) filter (method = 'state_id'), count(*) filter (method in ('linked', 'decided'))
    from members inner join persons using (person_id)
    group by partner_id
    order by partner_id
"""


def decisions(as_json: bool = JSON) -> None:
    """Every decision in the order they were made, with who made it and why.

    Example: milepost identity decisions --json
    """
    with opened_vault() as con:
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
    who: str = typer.Argument(help="A person_id, of now or before, or a child as partner:number."),
    as_json: bool = JSON,
) -> None:
    """Why these children of partners are one person: how each was linked, decided and changed since.

    Example: milepost identity explain 0a1b2c3d4e5f
    """
    from identity.explaining import explain_person

    with opened_vault() as con:
        told = explain_person(con, who)
    if told is None:
        raise UsageError(
            "Nobody is known by this",
            next_step="Take a person_id of marts.dim_person or of a release before, or a partner and its "
            "number of a child, such as north:1001",
        )
    if as_json:
        print_json(told)
        return
    now = told["person_id"]
    if now != who:
        err.print(f"{who} is {now} now.")
    for table, (title, columns) in EXPLAINED.items():
        if told[table]:
            rows = [["" if said is None else said for said in row.values()] for row in told[table]]
            print_table(title.format(person=now), columns, rows, plain=True)


# of each list that explain_person gives: a title, and what its columns are called
EXPLAINED = {
    "children": ("Person {person}", ("partner", "number", "method", "since", "in force")),
    "links": ("Links", ("partner", "number", "other partner", "other number", "weight", "evidence")),
    "decisions": ("Decisions", ("child", "other child", "decision", "reviewer", "when", "reason")),
    "changes": ("Changes", ("when", "what", "other person", "why")),
}


def rotate_key() -> None:
    """Encrypt the vault and the warehouse anew under another key.

    A key file gets the new key itself. Where MILEPOST_VAULT_KEY holds the key, the new one is taken from
    MILEPOST_VAULT_NEW_KEY, and has to be set as MILEPOST_VAULT_KEY afterwards.

    Example: milepost identity rotate-key
    """
    from identity.rotation import rotate_key as rotate
    from ingestion.vault_key import KEY_VARIABLE
    from orchestration.bars import Bars
    from orchestration.rebuilding import what_is_built
    from orchestration.settings import prepare_environment
    from orchestration.writer import one_writer

    home = prepare_environment()
    with one_writer(home, Bars()), what_is_built(home):
        key = rotate(home, os.environ.get(NEW_KEY_VARIABLE))
    if key.file:
        err.print(
            f"The vault has a new key, in {key.file}. Copies of the vault from before keep the old one, which"
            " is beside it (.former-...): remove it when there are none."
        )
    else:
        err.print(f"The vault has a new key. Set {KEY_VARIABLE} to it now.")
    err.print("The warehouse has a new one with it: `milepost identity warehouse-key` tells it.")


def warehouse_key() -> None:
    """Print the key of the warehouse, for an analyst who opens a copy of it with DuckDB.

    It is made of the vault's key, and the vault does not open with it. That it was asked for is noted in
    access.jsonl.

    Example: milepost identity warehouse-key
    """
    from ingestion.vault_key import vault_key
    from ingestion.warehouse_file import warehouse_key as made_of
    from orchestration.settings import prepare_environment
    from publishing.access_log import record_access

    home = prepare_environment()
    key = made_of(vault_key(home))
    record_access(home, "identity warehouse-key")
    out.print(key.text, markup=False, highlight=False, soft_wrap=True)
