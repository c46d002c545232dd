"""Values as SQL text. Binding parameters instead makes DuckDB import pandas, 1.6 s on the first call."""

import datetime as dt


def literal(value: str | int | float | dt.date | list[str] | None) -> str:
    """A SQL literal; a list becomes a list of texts."""
    if value is None:
        return "null"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]::varchar[]"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value).replace("'", "''")
    return f"'{text}'"
