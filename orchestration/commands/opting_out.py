"""Children whose families do not want them in it: `opt-outs`."""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ingestion.wording import counted
from orchestration.bars import Bars
from orchestration.commands.deliveries import JSON
from orchestration.commands.partners import refuse_unknown_partner
from orchestration.console import UsageError, err, print_json, print_table

if TYPE_CHECKING:
    from identity.decisions import Member

app = typer.Typer(
    help="Who is left out of everything, from the next load and refresh on; kept as keyed hashes.",
    no_args_is_help=True,
)
PARTNER = typer.Option("", "--partner", help="Whose numbers they are.")
STUDENTS = typer.Option([], "--student", help="The partner's number of a child; may be repeated.")
FILE = typer.Option(
    None, "--file", help="A CSV with columns partner and student_id, or student_id alone; - reads stdin."
)
SHARED = typer.Option(
    [], "--shared", help="A state id that is nobody's, by the hash that an error named; children stay out."
)
HEADERS = ("partner", "student_id")


def register(parent: typer.Typer) -> None:
    parent.add_typer(app, name="opt-outs")


@app.command()
def add(
    partner: str = PARTNER,
    students: list[str] = STUDENTS,
    file: Path | None = FILE,
    as_json: bool = JSON,
) -> None:
    """Leave children out, under every number that partners known so far gave them.

    What was sent stays in landing: `milepost purge --person` destroys it. Remove the file you give here
    afterwards; Milepost keeps hashes alone.

    Example: milepost opt-outs add --partner river_city_schools --file opt_outs.csv

    Example: milepost opt-outs add --partner river_city_schools --student 1000123
    """
    from identity.opt_outs import make_withheld, numbers_known_with, withhold
    from identity.vault import open_vault
    from orchestration.settings import load_configuration, prepare_environment
    from orchestration.writer import one_loader, one_writer

    home = prepare_environment()
    members = _members(partner, students, file)
    communities = {p: c.community for c in load_configuration() for p in c.partners}
    bars, n_new, unknown = Bars(), 0, 0
    with one_writer(home, bars), one_loader(home, bars), ExitStack() as stack:
        con = stack.enter_context(open_vault(home, read_only=True)) if home.vault.exists() else None
        withheld = make_withheld(home)
        for member in members:
            numbers = numbers_known_with(con, member)
            unknown += len(numbers) == 1
            n_new += bool(withhold(withheld, numbers, "opt_out", communities[member.partner_id]))
    if as_json:
        print_json({"children": len(members), "new": n_new, "known_by_one_number": unknown})
        return
    err.print(f"{counted(n_new, 'child', 'children')} added; {len(members) - n_new} stood there already.")
    if unknown:
        who = counted(unknown, "is known", "are known")
        err.print(
            f"{who} by no other number so far. What other partners say of them is left out where it has the"
            " same state id; else list the others' numbers too."
        )
    if home.ledger.exists():
        err.print("They are left out from the next load and `milepost refresh` on.")


@app.command()
def remove(
    partner: str = PARTNER,
    students: list[str] = STUDENTS,
    file: Path | None = FILE,
    shared: list[str] = SHARED,
    as_json: bool = JSON,
) -> None:
    """Take children off the list, with all their numbers, or a state id that many children share.

    They are in again with the next file of each partner; what was loaded meanwhile comes back where its
    delivery is withdrawn and loaded anew. By a shared state id nobody is found any more.

    Example: milepost opt-outs remove --partner river_city_schools --student 1000123
    """
    from identity.opt_outs import call_nobodys, make_withheld, open_withheld
    from ingestion.withheld import STUDENT, read_entries, rewrite_entries
    from orchestration.settings import prepare_environment
    from orchestration.writer import one_loader, one_writer

    home = prepare_environment()
    members = _members(partner, students, file) if students or file or not shared else []
    if not all(re.fullmatch("[0-9a-f]{32}", one) for one in shared):
        raise UsageError("That is no hash of a state id", next_step="Copy it from the error that named it")
    bars = Bars()
    with one_writer(home, bars), one_loader(home, bars):
        n_shared = call_nobodys(make_withheld(home), shared) if shared else 0
        withheld = open_withheld(home)
        found = [
            entry.child
            for member in members
            if withheld and (entry := withheld.entry(STUDENT, member.partner_id, member.student_id))
        ]
        if found:
            rewrite_entries(home.opt_outs, (e for e in read_entries(home.opt_outs) if e.child not in found))
    n_removed = len({*found})
    if as_json:
        print_json({"removed": n_removed, "shared": n_shared})
        return
    if shared:
        err.print(f"{counted(n_shared, 'state id')} taken off the list; children stay out by their numbers.")
    if members:
        err.print(f"{counted(n_removed, 'child', 'children')} taken off the list.")


@app.command("list")
def list_opt_outs(as_json: bool = JSON) -> None:
    """How many children are left out, by community and cause; who they are nobody can tell.

    Example: milepost opt-outs list
    """
    from ingestion.withheld import NOBODYS, read_entries
    from orchestration.settings import prepare_environment

    entries = read_entries(prepare_environment().opt_outs)
    children = {e.child: (e.community, e.kind, e.at[:10]) for e in entries if e.kind != NOBODYS}
    counts = Counter(children.values())
    rows = [(*what, number) for what, number in sorted(counts.items())]
    if as_json:
        names = ("community", "cause", "since", "children")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif rows:
        print_table("Left out", ["community", "cause", "since", "children"], rows)
    else:
        err.print("Nobody is on the list.")


def _members(partner: str, students: list[str], file: Path | None) -> list[Member]:
    """The children that are named; UsageError where none is, or not whose number it is."""
    from identity.decisions import Member
    from orchestration.settings import load_configuration

    named = [(partner, student) for student in students] + (_read(partner, file) if file else [])
    members = [Member(whose.strip(), number.strip()) for whose, number in named if number.strip()]
    if not members:
        raise UsageError("No child is named", next_step="Give --partner with --student, or --file")
    for member in members:
        if not member.partner_id:
            raise UsageError("Whose numbers they are is not said", next_step="Give --partner")
        refuse_unknown_partner(member.partner_id, {*load_configuration().partners})
    return members


def _read(partner: str, file: Path) -> list[tuple[str, str]]:
    """Partner and number of each row; an error names the row, never what it holds."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The list cannot be read ({type(error).__name__})", where=str(file), next_step="Check its name"
        ) from None
    rows = csv.DictReader(text.splitlines())
    if "student_id" not in (rows.fieldnames or ()):
        raise UsageError(
            "The list has no column student_id",
            where=f"{file}:1",
            rule=f"its header is {','.join(HEADERS)}, or student_id with --partner",
            next_step="Correct the header",
        )
    return [(row.get("partner") or partner, row["student_id"] or "") for row in rows]
