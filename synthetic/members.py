"""Members of archives in SQL: the columns of a standard's file, of which a partner fills in some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from synthetic.formats import quoted


def member(columns: Iterable[str], cells: Mapping[str, str], source: str, order: str) -> str:
    """SELECT of every column of a file as text: the expressions in `cells` over `source`, else empty."""
    wanted = list(columns)
    if strange := set(cells) - set(wanted):
        raise ValueError(f"no such columns in the standard: {sorted(strange)}")
    written = ", ".join(f"cast({cells.get(name, 'null')} as varchar) as {quoted(name)}" for name in wanted)
    return f"select {written} from {source} order by {order}"


def empty(columns: Iterable[str]) -> str:
    """SELECT of a file of headers alone."""
    return f"select {', '.join(f'cast(null as varchar) as {quoted(name)}' for name in columns)} where false"
