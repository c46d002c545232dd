"""A query's rows for people: a table where no word has to be broken for it, else a record for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from ingestion.wording import visible
from orchestration import console
from orchestration.console import BETWEEN_COLUMNS, print_table

LEAST_VALUE = 20  # columns of the terminal that a record leaves its values


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bool:
    """Print the rows; whether they had to be told as records since the terminal is too narrow for a table."""
    narrow = not _fits(columns, rows)
    if narrow:
        for number, row in enumerate(rows, start=1):
            _print_record(number, columns, row)
    else:
        print_table("", columns, rows, plain=True)
    return narrow


def _fits(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bool:
    """Whether the longest words of all columns stand beside each other."""
    whole = zip(columns, *rows, strict=True)
    words = ([word for cell in column for word in _text(cell).split()] for column in whole)
    widths = (max(map(cell_len, of_column), default=0) for of_column in words)
    return sum(widths) + BETWEEN_COLUMNS * len(columns) <= console.out.width


def _print_record(number: int, columns: Sequence[str], row: Sequence[Any]) -> None:
    """`column  value` lines, a long value folded beside its name."""
    table = Table.grid(padding=(0, BETWEEN_COLUMNS, 0, 0))
    longest = max(map(cell_len, columns))
    table.add_column(style="bold", overflow="fold", width=min(longest, console.out.width - LEAST_VALUE))
    table.add_column(overflow="fold")
    for name, value in zip(columns, row, strict=True):
        table.add_row(Text(name), Text(_text(value)))
    console.out.print(Text(f"── {number} ──", style="dim"))
    console.out.print(table)


def _text(value: Any) -> str:
    return "" if value is None else visible(str(value))
