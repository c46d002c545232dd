"""Text that no spreadsheet takes for a formula: an apostrophe goes before what one would run."""

from __future__ import annotations

from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutral(value: Any) -> Any:
    """The value of a cell: a text that would be a formula with an apostrophe before it, all else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def neutral_sql(column: str) -> str:
    """The same as DuckDB's expression over a column of text; NULL and the empty text stay as they are."""
    starts = ", ".join(f"chr({ord(start)})" for start in FORMULA_STARTS)
    return f"if(left({column}, 1) in ({starts}), chr(39) || {column}, {column})"
