"""What is to be destroyed: `purge`."""

from __future__ import annotations

import datetime as dt
import getpass
from typing import TYPE_CHECKING, Any

import typer

from ingestion.wording import counted
from orchestration.bars import Bars
from orchestration.commands.deliveries import JSON
from orchestration.console import Exit, UsageError, err, print_json, print_table

if TYPE_CHECKING:
    from ingestion.home import Home
    from orchestration.purging.inventory import Place
    from orchestration.purging.subjects import Subject


def register(app: typer.Typer) -> None:
    app.command()(purge)


def purge(
    agreement: str = typer.Option("", help="Every delivery under this agreement of agreements.yml."),
    person: str = typer.Option("", help="One child, by its person_id: everywhere, and for good."),
    due: bool = typer.Option(False, help="Every delivery past `retention_years` of its agreement."),
    community: str = typer.Option("", help="Whose agreement, where several have one of this name."),
    yes: bool = typer.Option(False, "--yes", help="Do it; without, what would be removed is shown."),
    why: str = typer.Option("", help="Why, for the receipt; name no child."),
    by: str = typer.Option("", help="Who asked for it or does it, for the receipt; else who is logged in."),
    as_json: bool = JSON,
) -> None:
    """Destroy records in every place of this home, build the rest anew, search, and write a receipt.

    It cannot be undone. A child that was purged stays out, also of files that are received later. Backups and
    copies outside the home are not removed: the receipt says so.

    Example: milepost purge --due

    Example: milepost purge --agreement graduates_2020 --yes --why "ended on 2028-12-31"

    Example: milepost purge --person 0a1b2c3d4e5f --yes --by "Ann Lee"
    """
    from orchestration.settings import prepare_environment

    if bool(agreement) + bool(person) + due != 1:
        raise UsageError(
            "Say what to purge",
            rule="one of --agreement, --person and --due",
            next_step="`milepost purge --due` lists what is past its retention, and removes nothing",
        )
    home = prepare_environment()
    subject = _subject(home, agreement, person, community)
    if subject is None:
        _say_nothing(as_json, "one child, who was purged before")
    elif yes:
        _do(home, subject, by or getpass.getuser(), why, as_json)
    else:
        _show(home, subject, as_json)


def _subject(home: Home, agreement: str, person: str, community: str) -> Subject | None:
    from orchestration.purging.looking import of_person
    from orchestration.purging.subjects import of_agreement, of_retention, past_retention
    from orchestration.received import states
    from orchestration.settings import load_configuration

    if person:
        return of_person(home, person.strip())
    communities, known = load_configuration(), states(home)
    if agreement:
        return of_agreement(communities, known, agreement, community or None)
    return of_retention(past_retention(communities, known, dt.date.today()))


def _show(home: Home, subject: Subject, as_json: bool) -> None:
    """What would be removed, and of a purge that was cut short that it waits."""
    from orchestration.purging.looking import look
    from orchestration.purging.receipts import pending, unsure_lines
    from orchestration.purging.unsure import before_a_purge

    found = look(home, subject)
    places = found.places() if found else []
    begun, unsure = pending(home), before_a_purge(home, subject, found)
    if as_json:
        facts = [place.facts() for place in places]
        print_json({"would_remove": facts, "begun": [one.purge_id for one in begun], "unsure": unsure})
        return
    for one in begun:
        err.print(f"A purge of {one.title} was begun on {one.began_at[:10]} and not finished: run it again.")
    for line in unsure_lines(unsure):
        err.print(line, markup=False, soft_wrap=True)
    if not places:
        err.print(f"Nothing to purge: {subject.title}.")
        return
    _list_deliveries(home, subject)
    _list_places(places, f"Would be removed: {subject.title}")
    err.print("Links, snapshot and warehouse are removed too, and built anew without it.")
    err.print("Nothing was removed. With --yes it is, and cannot be undone.")


def _list_deliveries(home: Home, subject: Subject) -> None:
    from orchestration.received import states

    wanted = {*subject.load_ids}
    rows = [
        (s.delivery.extract_id, s.delivery.period, s.received_at[:10], s.status, s.load_id[:8])
        for s in states(home)
        if s.load_id in wanted and s.status != "purged"
    ]
    if rows:
        title = counted(len(rows), "delivery", "deliveries")
        print_table(title, ["extract", "period", "received", "outcome", "load id"], rows)


def _list_places(places: list[Place], title: str) -> None:
    rows = [(place.place, place.n_files or None, place.n_rows) for place in places]
    print_table(title, ["place", "files", "rows"], rows)


def _do(home: Home, subject: Subject, by: str, why: str, as_json: bool) -> None:
    from dataclasses import asdict

    from orchestration.purging.receipts import as_text
    from orchestration.purging.run import purge as purge_subject

    bars = Bars(STEPS)
    with bars.showing():
        done = purge_subject(home, subject, bars, by=by, why=why)
    if done is None:
        _say_nothing(as_json, subject.title)
        return
    receipt, file = done
    if as_json:
        facts: dict[str, Any] = asdict(receipt)
        print_json({**facts, "is_proven": receipt.is_proven, "receipt": str(file)})
    else:
        err.print(as_text(receipt), markup=False, soft_wrap=True)
        err.print(f"Receipt: {file}", markup=False, soft_wrap=True)
        if receipt.release is None and home.current_release.exists():
            err.print("No release was made of what is left: run `milepost refresh`.")
    if not receipt.is_proven:
        raise typer.Exit(Exit.REJECTED)


def _say_nothing(as_json: bool, title: str) -> None:
    if as_json:
        print_json({"would_remove": [], "removed": []})
    else:
        err.print(f"Nothing to purge: {title}.")


STEPS = {
    "reference": "Configuration as tables",
    "person_links": "Identity",
    "place_links": "Organizations and sites",
    "warehouse": "Warehouse, disclosure control (dbt)",
    "release": "Release",
}
