"""`milepost withdraw`: a delivery, or a whole archive, out of force again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from orchestration.commands.deliveries import JSON
from orchestration.console import err, print_json

if TYPE_CHECKING:
    from ingestion.lake.delivery import Delivery
    from ingestion.lake.ledger_state import LoadState


def register(app: typer.Typer) -> None:
    app.command()(withdraw)


@dataclass(frozen=True)
class _Withdrawn:
    """What became of one delivery, and what is in force in its place."""

    delivery: Delivery
    restored: LoadState | None
    held: LoadState | None
    already: bool

    @property
    def changed(self) -> bool:
        """Whether what is in force is other than before."""
        return not self.already and (self.restored is not None or self.held is None)

    def facts(self) -> dict[str, Any]:
        return {
            "withdrawn": self.delivery.load_id,
            "restored": self.restored.load_id if self.restored else None,
            "in_force": self.held.load_id if self.held else None,
            "already": self.already,
        }

    def told(self) -> Iterator[str]:
        what = f"{self.delivery.extract_id} {self.delivery.period} ({self.delivery.load_id})"
        held = f"{self.held.load_id} ({self.held.delivery.file_name})" if self.held else ""
        if self.already:
            yield f"Nothing changed: {what} was withdrawn already."
            yield f"In force is {held}." if held else "Nothing is in force."
            return
        yield f"Withdrawn: {what}"
        if self.restored:
            yield f"In force again: {held}"
        elif held:
            yield f"It was not in force; {held} still is."


def withdraw(
    load_id: str = typer.Argument(
        help="Of the delivery, from `milepost status --list`; a unique beginning will do."
    ),
    reason: str = typer.Option("", help="Why, for the ledger."),
    as_json: bool = JSON,
) -> None:
    """Take a delivery out of force; what it had superseded is in force again. Then run `milepost refresh`.

    Of an archive all tables are taken out together. Loading the same file again by its name,
    `milepost load FILE`, undoes it.

    Example: milepost withdraw 3f9a1c2b --reason "wrong year in the file"
    """
    from ingestion.lake.lake import was_restored, withdraw_together
    from orchestration.received import delivery_starting_with, states, with_its_archive
    from orchestration.runs import record_withdrawal
    from orchestration.settings import prepare_environment

    home = prepare_environment()
    named = delivery_starting_with(home, load_id)
    gone = {state.load_id for state in states(home) if state.status == "withdrawn"}
    parts = with_its_archive(home, named)
    held = withdraw_together(home, [part.load_id for part in parts], reason)
    taken = []
    for part in parts:
        now, already = held[part.load_id], part.load_id in gone
        restored = now if now and not already and was_restored(home, part.load_id, now.load_id) else None
        if not already and (restored or not now):
            record_withdrawal(home, part, restored)
        taken.append(_Withdrawn(part, restored, now, already))
    if as_json:
        facts = [one.facts() for one in taken]
        of_named = next(fact for fact in facts if fact["withdrawn"] == named.load_id)
        print_json(of_named | ({"archive": facts} if len(facts) > 1 else {}))
        return
    for one in taken:
        for line in one.told():
            err.print(line)
    if any(one.changed for one in taken):
        err.print("The published numbers change with the next `milepost refresh`.")
