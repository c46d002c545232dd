"""How the command line speaks: tables and errors for people on stderr or stdout, JSON for scripts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingestion.errors import DeliveryError, ExportError, MilepostError, ReadError
from ingestion.wording import visible


class SafeConsole(Console):
    """Partners' data may hold what a terminal obeys (colours, moves, deletions): it is shown, never done."""

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*(visible(one) if isinstance(one, str) else one for one in objects), **how)

    def on_broken_pipe(self) -> None:
        """Whoever watched is gone, as with `2>&1 | head`: what is at work goes on, and is silent.

        Rich ends the thread that prints; one of dbt's would be waited for without end, and so would the
        writer's lock.
        """
        if not self.stderr:
            super().on_broken_pipe()
        self.quiet = True


def _console(stderr: bool) -> SafeConsole:
    """As wide as the terminal; without one, as in a file or a pipe, as wide as what is printed."""
    # emoji off: rich would make a picture of data such as `a:x:b`
    console = SafeConsole(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal and not os.environ.get("COLUMNS"):
        console.width = UNFOLDED
    return console


UNFOLDED = 2000  # columns; what is longer, such as a text of a query, is folded still
# data goes to stdout, everything said about it to stderr, so that `milepost ... --json | jq` always works
out = _console(stderr=False)
err = _console(stderr=True)

OUTCOME_STYLES = {
    "accepted": "green",
    "accepted_with_quarantine": "yellow",
    "rejected": "red",
    "late": "red",
    "due": "cyan",
    "withdrawn": "magenta",
    "superseded": "dim",
}
# what people copy into the next command stays in one piece
NEVER_FOLDED = ("load id", "period", "due")
BETWEEN_COLUMNS = 2


class Exit(IntEnum):
    """What a command's exit code means."""

    OK = 0
    REJECTED = 1
    USAGE = 2
    INTERNAL = 3


class UsageError(MilepostError):
    """The command was asked for something that cannot be had; the message says what to ask for instead."""


def exit_code(error: MilepostError) -> Exit:
    """A delivery not taken in, or a release not exported, is 1; what was asked or configured wrongly is 2."""
    rejected = isinstance(error, DeliveryError | ReadError | ExportError)
    return Exit.REJECTED if rejected else Exit.USAGE


def print_json(data: Any) -> None:
    """One JSON document on stdout; dates and paths as text."""
    sys.stdout.write(json.dumps(data, default=str, indent=2, ensure_ascii=False) + "\n")


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    marked_up: bool = False,
    plain: bool = False,
) -> None:
    """A table that folds long cells at blanks instead of running over the edge; numbers stand to the right.

    With `marked_up` the cells bring their own colours and are not broken; with `plain` numbers are shown as
    they are, since a query's 2025 may be a year.
    """
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    numeric = [all(_is_number(row[i]) for row in rows) for i in range(len(columns))]
    cells = [[value if marked_up else _cell(value, plain) for value in row] for row in rows]
    of_columns = [[name, *(row[i] for row in cells)] for i, name in enumerate(columns)]
    whole = [
        marked_up or is_numeric or name in NEVER_FOLDED
        for name, is_numeric in zip(columns, numeric, strict=True)
    ]
    widths = _widths(of_columns, whole, out.width - BETWEEN_COLUMNS * len(columns))
    for name, is_numeric, width in zip(columns, numeric, widths, strict=True):
        table.add_column(name, justify="right" if is_numeric else "left", overflow="fold", width=width)
    for row in cells:
        table.add_row(*[_folded_id(*cell) for cell in zip(columns, row, widths, strict=True)])
    out.print(table)


def _folded_id(column: str, cell: str, width: int) -> str:
    """An extract's id that does not fit breaks after its dots; what stands below it is left as it is."""
    first, newline, below = cell.partition("\n")
    fits = column != "extract" or cell_len(first) <= width
    return cell if fits else first.replace(".", ".\n") + newline + below


def _widths(columns: Sequence[Sequence[str]], whole: Sequence[bool], room: int) -> list[int]:
    """How wide each column is: as wide as its texts if there is room, else broken at blanks.

    Only where that does not do are words broken: first those over 16 letters, which are names of files and
    columns, then ids of extracts.
    """
    texts = [[Text.from_markup(text, emoji=False).plain for text in column] for column in columns]
    wanted = [
        max((cell_len(line) for text in column for line in text.split("\n")), default=0) for column in texts
    ]
    widths = [
        max((cell_len(word) for text in column for word in text.split()), default=0) for column in texts
    ]
    ids = [column[0] == "extract" for column in columns]
    may_break = [not one and not name for one, name in zip(whole, ids, strict=True)]
    for breakable, least in ((may_break, 16), (ids, 16), (may_break, 8), (ids, 8)):
        while sum(widths) > room:
            widest, which = max(((w, i) for i, w in enumerate(widths) if breakable[i]), default=(0, 0))
            if widest <= least:
                break
            widths[which] -= 1
    while sum(widths) < min(room, sum(wanted)):
        narrowest = min((w, i) for i, w in enumerate(widths) if w < wanted[i])
        widths[narrowest[1]] += 1
    return widths


def _is_number(value: Any) -> bool:
    return value in (None, "") or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: Any, plain: bool) -> str:
    if value is None:
        return ""
    if plain:
        return visible(str(value)).replace("[", "\\[")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    text = visible(str(value))
    style = OUTCOME_STYLES.get(text)
    text = text.replace("_", " ") if style else text.replace("[", "\\[")
    return f"[{style}]{text}[/]" if style else text
