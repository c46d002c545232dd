"""Planted dirt: what goes wrong in partners' files, where, and which rows the gate is to hold back for it.

Dirt is chosen at even distances among children with one spell a year, so that a row held back never changes
in which school another row counts; no rule takes more than one row in 300, well below every tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from synthetic.formats import quoted

ROWS_PER_DIRT = 300


@dataclass(frozen=True)
class Dirt:
    """One kind of dirt in one series of files.

    `rule` names what is wrong in the canonical `column`; `value` is SQL that replaces `header`. With `copies`
    a copy of the row is added instead: an exact one, or one with `value` in its `header`, and then the
    original is held back too. `holds` are the extracts whose row is held back; none for codes that only stay
    unmapped.
    """

    series: str
    rule: str
    column: str
    holds: tuple[str, ...]
    header: str = ""
    value: str = ""
    copies: bool = False
    rows: int = 3
    years: tuple[int, ...] = ()  # all when empty
    collections: tuple[str, ...] = ("annual",)

    def applies_to(self, series: str, school_year: int, collection: str) -> bool:
        """Whether this kind of dirt is in that file."""
        in_year = not self.years or school_year in self.years
        return self.series == series and in_year and collection in self.collections


# Beside the file's columns: what orders its rows, and what was done to them.
HIDDEN = ("_order", "_source", "_person", "_single", "_rule", "_column", "_holds")


def spoil(con: duckdb.DuckDBPyConnection, query: str, dirt: tuple[Dirt, ...]) -> None:
    """Leave the rows of a file's query in the table `sheet`, every kind of dirt in rows of its own.

    `_order` counts the rows from 1; a copy stands half a step below its row.
    """
    con.execute(
        "create or replace temp table sheet as"
        " select cast(row_number() over () as double) as _order, *,"
        " cast(null as varchar) as _rule, cast(null as varchar) as _column, cast(null as varchar[]) as _holds"
        f" from ({query})"
    )
    for number, kind in enumerate(dirt):
        rows = _choose(con, kind.rows, (number + 0.5) / len(dirt))
        if rows and kind.copies:
            _copy(con, kind, rows)
        elif rows:
            _replace(con, kind, rows)


def _choose(con: duckdb.DuckDBPyConnection, wanted: int, offset: float) -> list[float]:
    """The places of up to `wanted` clean rows, at even distances from one another."""
    count = min(wanted, con.table("sheet").shape[0] // ROWS_PER_DIRT)
    clean = con.execute("select _order from sheet where _single and _rule is null").fetchnumpy()["_order"]
    if not count or not len(clean):
        return []
    steps = np.floor((np.arange(count) + offset) * len(clean) / count).astype(np.int64)
    return list(np.sort(clean)[np.unique(steps)])


def _holds(kind: Dirt) -> str:
    return "[" + ", ".join(f"'{extract}'" for extract in kind.holds) + "]::varchar[]"


def _replace(con: duckdb.DuckDBPyConnection, kind: Dirt, rows: list[float]) -> None:
    con.execute(
        f"update sheet set {quoted(kind.header)} = {kind.value}, _rule = '{kind.rule}',"
        f" _column = '{kind.column}', _holds = {_holds(kind)} where list_contains(?, _order)",
        [rows],
    )


def _copy(con: duckdb.DuckDBPyConnection, kind: Dirt, rows: list[float]) -> None:
    """Copies stand right below their rows; an altered copy takes the original with it, an exact one not."""
    columns = [name for name in con.table("sheet").columns if name not in HIDDEN]
    values = [kind.value if name == kind.header else quoted(name) for name in columns]
    mark = f"'{kind.rule}', '{kind.column}', {_holds(kind)}"
    con.execute(
        f"insert into sheet ({', '.join(map(quoted, columns))}, {', '.join(HIDDEN)})"
        f" select {', '.join(values)}, _order + 0.5, {'_source' if kind.header else 'null'},"
        f" _person, _single, {mark}"
        f" from sheet where list_contains(?, _order)",
        [rows],
    )
    if kind.header:
        con.execute(
            f"update sheet set _rule = '{kind.rule}', _column = '{kind.column}', _holds = {_holds(kind)}"
            " where list_contains(?, _order)",
            [rows],
        )
