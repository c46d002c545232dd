"""Who has sent what, did it pass, and what is late: `status`."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.padding import Padding

from expectations.rule import HELD_UP_SAYS
from ingestion.wording import counted
from orchestration.commands.outcomes import SHORT
from orchestration.commands.partners import refuse_unknown_partner
from orchestration.commands.status_picture import print_picture
from orchestration.console import UsageError, err, out, print_json, print_table

if TYPE_CHECKING:
    from ingestion.home import Home
    from ingestion.lake.ledger import LoadState
    from orchestration.due import DueDelivery

NO_DELIVERY = ("split", "outdated")  # other deliveries stand for what is in them
MOST_LISTED = 20
MOST_REASONS = 3  # told of one file


def register(app: typer.Typer) -> None:
    app.command()(status)


def status(
    partner: str = typer.Option("", help="Only this partner's."),
    years: int = typer.Option(3, help="School years shown and told late, counted from the latest.", min=1),
    days_ahead: int = typer.Option(30, help="Show what falls due within so many days.", min=0),
    every: bool = typer.Option(
        False, "--list", help="Every delivery with its load id, instead of the picture."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print every delivery and what is late as JSON."),
) -> None:
    """Show who has sent what, whether it passed the gate, and what is late.

    Example: milepost status --partner river_city_schools

    Example: milepost status --list
    """
    from orchestration.received import states
    from orchestration.settings import first_steps, load_configuration, prepare_environment

    home = prepare_environment()
    if not home.ledger.exists():
        raise UsageError(
            "Nothing was received yet",
            where=str(home.root),
            next_step=first_steps("Start with"),
        )
    known = _as_they_count(home, states(home))
    # a partner that left the configuration still has its deliveries
    refuse_unknown_partner(partner, {*load_configuration().partners, *(s.delivery.partner for s in known)})
    found = [s for s in known if partner in ("", s.delivery.partner) and s.status not in NO_DELIVERY]
    owed = [late for late in _owed(home, days_ahead) if partner in ("", late.partner)]
    if as_json:
        print_json([*[_facts(home, state) for state in found], *[_due_facts(late) for late in owed]])
    elif not found and not owed:
        of = f" of {partner}" if partner else ""
        err.print(f"Nothing was received{of}, and nothing is due.")
    elif every:
        _list(found)
    else:
        latest = _latest_years(found, owed, years)
        print_picture(found, owed, latest)
        _tell_rejected(home, found)
        _tell_waiting(found)
        _tell_left_out(found)
        _tell_late(owed, latest)


def _as_they_count(home: Home, known: list[LoadState]) -> list[LoadState]:
    """The same, where what no live agreement covers is not in force, as it is in no release."""
    from ingestion.lake.delivery_table import NO_AGREEMENT
    from orchestration.snapshots import left_out_today

    left_out = left_out_today(home)
    return [
        replace(state, status=NO_AGREEMENT, reason=left_out[state.delivery.extract_id])
        if state.in_force and state.delivery.extract_id in left_out
        else state
        for state in known
    ]


def _owed(home: Home, days_ahead: int) -> list[DueDelivery]:
    from orchestration.due import deliveries_due
    from orchestration.received import periods_in_force, periods_waiting
    from orchestration.settings import load_configuration

    in_force, waiting = periods_in_force(home), periods_waiting(home)
    return deliveries_due(load_configuration(), in_force, dt.date.today(), days_ahead, waiting)


def _list(found: list[LoadState]) -> None:
    """A row per delivery; accepted rows only where they are in force.

    File and day stand below extract and period: columns of their own leave no room in 80 for any name.
    """
    rows = [
        (
            f"{s.delivery.extract_id}\n{s.delivery.file_name}",
            *(f"{s.delivery.period}\n{s.received_at[:10]}", s.status, s.delivered),
            *((s.rows, s.quarantined or 0) if s.in_force else (None, None)),
            s.load_id[:SHORT],
        )
        for s in found
    ]
    columns = ["extract", "period", "outcome", "rows", "accepted", "held back", "load id"]
    title = f"{counted(len(found), 'delivery', 'deliveries')}, each with its file and the day it was received"
    print_table(title, columns, rows)


def _facts(home: Home, state: LoadState) -> dict[str, Any]:
    delivery = state.delivery
    return {
        "load_id": state.load_id,
        "extract": delivery.extract_id,
        "partner": delivery.partner,
        "entity": delivery.entity,
        "period": delivery.period,
        "outcome": state.status,
        "in_force": state.in_force,
        "rows": state.delivered,
        "accepted": state.rows if state.in_force else 0,
        "quarantined": state.quarantined if state.in_force else 0,
        "file": delivery.file_name,
        "received": state.received_at,
        "at": state.at,
        "reason": state.reason,
        "feedback": home.feedback_page(delivery.partner, state.load_id),
    }


def _due_facts(owed: DueDelivery) -> dict[str, Any]:
    return {
        "load_id": None,
        "extract": owed.extract_id,
        "partner": owed.partner,
        "entity": owed.entity,
        "period": owed.period,
        "outcome": "late" if owed.days_late > 0 else "due",
        "in_force": False,
        "due": owed.due,
        "days_late": owed.days_late,
    }


def _latest_years(found: list[LoadState], owed: list[DueDelivery], years: int) -> set[int]:
    """The latest school years anything was sent for, or is due."""
    known = {s.delivery.school_year for s in found if s.delivery.school_year} | {o.school_year for o in owed}
    return set(sorted(known)[-years:])


def _tell_rejected(home: Home, found: list[LoadState]) -> None:
    """What was rejected and is not made good since: a paragraph per file and period, a line per reason."""
    in_force = {state.slot: state.at for state in found if state.in_force}
    by_file: dict[tuple[str, str], list[LoadState]] = {}
    for state in found:
        if state.status == "rejected" and state.at > in_force.get(state.slot, ""):
            by_file.setdefault((state.delivery.sha256, state.delivery.period), []).append(state)
    if not by_file:
        return
    out.print("Rejected; what was in force before still is", style="bold")
    for tables in [*by_file.values()][-MOST_LISTED:]:
        # of a table that passed there is only to say that others did not
        blamed = [state for state in tables if HELD_UP_SAYS not in (state.reason or "")] or tables
        delivery = blamed[0].delivery
        more = f", and {counted(len(tables) - 1, 'other table')} of it" if len(tables) > 1 else ""
        head = f"{delivery.extract_id} {delivery.period} ({blamed[0].load_id[:SHORT]}){more}"
        out.print(Padding(f"[red]✗[/] {escape(head)}", (0, 0, 0, 1)))
        for reason in [*dict.fromkeys(state.reason or "" for state in blamed)][:MOST_REASONS]:
            out.print(Padding(escape(reason), (0, 0, 0, 3)))
    err.print(f"What to tell the partner: {home.feedback}/<partner>/<load id>*.html", soft_wrap=True)


def _tell_waiting(found: list[LoadState]) -> None:
    """Received files; which years are in one of several only its load tells, so it has no place above."""
    waiting = [state for state in found if state.status == "received"]
    if waiting:
        rows = [
            (s.delivery.extract_id, s.delivery.period, s.delivery.file_name, s.load_id[:SHORT])
            for s in waiting[-MOST_LISTED:]
        ]
        title = "Received, not loaded yet: milepost load"
        print_table(title, ["extract", "period", "file", "load id"], rows)


def _tell_left_out(found: list[LoadState]) -> None:
    """Extracts that count in no release, since no live agreement covers them."""
    reasons = {state.delivery.extract_id: state.reason for state in found if state.status == "no_agreement"}
    if reasons:
        out.print("In no release until a live agreement covers it", style="bold")
        for reason in dict.fromkeys(reasons.values()):
            out.print(Padding(escape(reason or ""), (0, 0, 0, 1)))


def _tell_late(owed: list[DueDelivery], years: set[int]) -> None:
    """What is late of the years shown; of older ones their number, since a start in the middle owes many."""
    shown = [o for o in owed if o.school_year in years]
    older = sorted({o.school_year for o in owed} - years)
    if shown:
        rows = [(o.extract_id, o.period, str(o.due), max(o.days_late, 0)) for o in shown[:MOST_LISTED]]
        print_table("Late, or due soon", ["extract", "period", "due", "days late"], rows)
        if len(shown) > MOST_LISTED:
            err.print(f"{len(shown) - MOST_LISTED} more; --json lists all.")
    if older:
        late = counted(len(owed) - len(shown), "delivery", "deliveries")
        err.print(
            f"Not shown: {late} of the school years before {min(years)}, late too;"
            f" --years {max(years) - older[0] + 1} shows all. Which years are awaited at all says"
            " `school_years` in community.yml.",
            soft_wrap=True,
        )
