"""Values as SQL text. Binding parameters instead makes DuckDB import pandas, 1.6 s on the first call."""

import datetime as dt
from collections.abc import Mapping


def literal(value: str | int | float | dt.date | list[str] | Mapping[str, str] | None) -> str:
    """A SQL literal; a list becomes a list of texts, a mapping a map of texts to texts."""
    if value is None:
        return "null"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]::varchar[]"
    if isinstance(value, Mapping):
        return f"map({literal(list(value))}, {literal(list(value.values()))})"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value).replace("'", "''")
    return f"'{text}'"


def constant_text(value: str) -> str:
    """A text that every row has, as an enum of one value: a table holds a byte for each row, and a writer
    need not look at each. In a Parquet file it is a text like any other."""
    return f"{literal(value)}::enum({literal(value)})"


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
