"""How a column and its format are called to the partner: by the headers of its own file, in plain words."""

from __future__ import annotations

import re

from ingestion.contracts.contract import Contract, sql_headers

DATE_PARTS = {
    **{"%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%b": "Mon", "%B": "Month"},
    **{"%H": "hh", "%I": "hh", "%M": "mm", "%S": "ss", "%p": "AM", "%j": "day of the year"},
}


def label_of(contract: Contract, name: str) -> str:
    """The column as the partner knows it: `"Header"`, or `name (made from "Header" and "Header")`."""
    column = contract.columns.get(name)
    if column is None:
        return name
    made = _made_by_unpivoting(contract)
    if column.headers and column.headers[0] not in made:
        return f'"{column.headers[0]}"'
    used = column.headers or (sql_headers(column.sql) if column.sql else ())
    headers = dict.fromkeys(header for one in used for header in made.get(one, (one,)))
    return f"{name} (made from {listed(headers)})" if headers else name


def _made_by_unpivoting(contract: Contract) -> dict[str, tuple[str, ...]]:
    """Header that unpivoting makes -> the headers of the file it takes up, the first name of each."""
    if contract.unpivot is None:
        return {}
    made: dict[str, tuple[str, ...]] = {
        name: tuple(headers[0] for headers in by_repeat.values())
        for name, by_repeat in contract.unpivot.by_repeat.items()
    }
    return {**dict.fromkeys(contract.unpivot.made, ()), **made}


def listed(headers: dict[str, None]) -> str:
    """Headers in quotes: `"A"`, `"A" and "B"`, `"A", "B" and "C"`."""
    *most, last = [f'"{header}"' for header in headers]
    return f"{', '.join(most)} and {last}" if most else last


def format_in_words(form: str) -> str:
    """A date's format as a person writes it: `MM/DD/YYYY` for `%m/%d/%Y`."""
    if form == "excel":
        return "a date of Excel"
    return re.sub("%[A-Za-z]", lambda part: DATE_PARTS.get(part[0], part[0]), form)
