"""The picture of `status`: partners and their extracts down, periods across, a mark for each delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.console import out, print_table

if TYPE_CHECKING:
    from ingestion.lake.ledger import LoadState
    from orchestration.due import DueDelivery

    Slot = tuple[str, int, str]

MARKS = {
    "accepted": "[green]✓[/]",
    "accepted_with_quarantine": "[yellow]▲[/]",
    "rejected": "[red]✗[/]",
    "received": "[cyan]…[/]",
    "withdrawn": "[magenta]w[/]",
    "no_agreement": "[magenta]a[/]",
    "purged": "[magenta]p[/]",
    "late": "[red]late[/]",
    "due": "[cyan]due[/]",
}
LEGEND = "✓ accepted  ▲ some rows held back  ✗ rejected  … not loaded yet  w withdrawn"
LEFT_OUT = {"no_agreement": "a no live agreement, counts in no release", "purged": "p purged"}
NAME_WIDTH, PERIOD_WIDTH = 26, 8


def print_picture(found: list[LoadState], owed: list[DueDelivery], years: set[int]) -> None:
    """One table per partner: entities (or layouts, whose tables come together) down, periods across."""
    cells: dict[Slot, str] = {(o.extract_id, o.school_year, o.collection): _due_mark(o) for o in owed}
    by_slot: dict[Slot, list[LoadState]] = {}
    for state in found:
        delivery = state.delivery
        if delivery.school_year and delivery.collection:
            slot = (delivery.extract_id, delivery.school_year, delivery.collection)
            by_slot.setdefault(slot, []).append(state)
    cells |= {slot: _mark(of_slot) for slot, of_slot in by_slot.items()}
    cells = _by_bundle(cells)
    order = _calendar()
    periods = sorted(
        {(year, part) for _, year, part in cells if year in years},
        key=lambda p: (p[0], order.get(p[1], 0)),
    )[-max(1, (out.width - NAME_WIDTH) // PERIOD_WIDTH) :]
    for partner in sorted({extract.partition(".")[0] for extract, _, _ in cells}):
        extracts = sorted({extract for extract, _, _ in cells if extract.partition(".")[0] == partner})
        rows = [
            [extract.partition(".")[2], *[cells.get((extract, year, part), "") for year, part in periods]]
            for extract in extracts
            if any((extract, year, part) in cells for year, part in periods)
        ]
        if rows:
            head = ["", *[f"{year}\n{part}" for year, part in periods]]
            print_table(partner, head, rows, marked_up=True)
    shown = {state.status for state in found}
    more = "".join(f"  {said}" for status, said in LEFT_OUT.items() if status in shown)
    out.print(LEGEND + more, style="dim")


def _by_bundle(cells: dict[Slot, str]) -> dict[Slot, str]:
    """The tables of one delivery as one line, with the gravest of their marks."""
    from orchestration.settings import load_configuration

    contracts = load_configuration().contracts
    bundled: dict[Slot, list[str]] = {}
    for (extract, year, part), mark in cells.items():
        contract = contracts.get(extract)
        name = contract.bundle if contract and contract.bundle else extract
        bundled.setdefault((name, year, part), []).append(mark)
    return {slot: max(marks, key=_gravity) for slot, marks in bundled.items()}


def _gravity(mark: str) -> tuple[int, int]:
    grave = [place for place, known in enumerate(MARKS.values()) if mark.endswith(known)]
    return mark.count("["), max(grave, default=-1)


def _mark(of_slot: list[LoadState]) -> str:
    """What is in force, and beside it what came later and is not; without any, what happened last."""
    held = (state for state in of_slot if state.in_force or state.status == "no_agreement")
    in_force = next(held, None)
    if in_force is None:
        return MARKS[max(of_slot, key=lambda state: state.at).status]
    later = [s for s in of_slot if s.status in ("rejected", "received") and s.at > in_force.at]
    return MARKS[in_force.status] + "".join(MARKS[s.status] for s in later[-1:])


def _calendar() -> dict[str, int]:
    """The rank of a collection within its school year: as community.yml lists them, annual at the end."""
    from orchestration.settings import load_configuration

    names = [name for community in load_configuration() for name in community.collections if name != "annual"]
    return {name: rank for rank, name in enumerate([*dict.fromkeys(names), "annual"], start=1)}


def _due_mark(owed: DueDelivery) -> str:
    return MARKS["late"] if owed.days_late > 0 else MARKS["due"]
