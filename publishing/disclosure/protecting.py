"""Disclosure control from the cells of marts to what may be shown of them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ingestion.configuration.community_file import SMALLEST_MINIMUM
from publishing.disclosure.cells import CELLS, PLANNED
from publishing.disclosure.checking import check_stage
from publishing.disclosure.choosing import Protected
from publishing.disclosure.counted import COUNTED
from publishing.disclosure.denominators import DENOMINATORS
from publishing.disclosure.earlier import EARLIER, HOLD_MORE, TO_HOLD
from publishing.disclosure.errors import DisclosureError, PinnedError
from publishing.disclosure.moves import farthest_of
from publishing.disclosure.nesting import POPULATIONS
from publishing.disclosure.numerators import NUMERATORS
from publishing.disclosure.report import DisclosureReport, report_of
from publishing.disclosure.restated import RESTATED
from publishing.disclosure.solving import Solved, solve_stage
from publishing.disclosure.sums import EQUATIONS, FAMILIES, NOT_ADDING_UP, OPEN_MORE, OPENED
from publishing.disclosure.suppression import SUPPRESSION

if TYPE_CHECKING:
    import duckdb


def protect(con: duckdb.DuckDBPyConnection) -> DisclosureReport:
    """Make table cell_suppression from the views of INPUTS in `con`.

    One row per cell of the publication plan: what is shown of it, and for what is hidden the tables that
    prove it open. DisclosureError where the numbers cannot be protected; then there is no table.
    """
    started = time.monotonic()
    _refuse_low_minimums(con)
    for statement in (TO_HOLD, OPENED):
        con.execute(statement)
    solved_before: dict[bytes, Protected] = {}
    while (solved := _solved(con, solved_before)) is None:
        pass
    for statement in SUPPRESSION:
        con.execute(statement)
    repairs, tables = sum(one.repairs for one in solved), max(one.tables for one in solved)
    return report_of(con, repairs, tables, time.monotonic() - started)


def _solved(
    con: duckdb.DuckDBPyConnection, solved_before: dict[bytes, Protected]
) -> tuple[Solved, Solved] | None:
    """Both stages, of all that is planned and not held; None where it is to be done again with less shown."""
    for statement in (*PLANNED, *EARLIER, *CELLS, *FAMILIES, *EQUATIONS):
        con.execute(statement)
    _refuse_sums_that_do_not_add_up(con)
    con.execute(f"set variable farthest = {_farthest(con)}")
    for statement in (*POPULATIONS, *RESTATED, *COUNTED, *DENOMINATORS):
        con.execute(statement)
    denominators = _solved_stage(con, solved_before, HOLD_MORE.format(of="representative"), OPEN_MORE)
    if denominators is None:
        return None
    for statement in NUMERATORS:
        con.execute(statement)
    numerators = _solved_stage(con, solved_before, HOLD_MORE.format(of="problem_id"))
    return None if numerators is None else (denominators, numerators)


def _solved_stage(
    con: duckdb.DuckDBPyConnection, solved_before: dict[bytes, Protected], *remedies: str
) -> Solved | None:
    """None where a number is less open than it should be and there is a remedy; PinnedError if it is told."""
    pinned: PinnedError | None = None
    try:
        solved = solve_stage(con, solved_before)
        rows = con.execute("select cell_id from stage_result where is_narrow").fetchall()
        narrow = [cell for (cell,) in rows]
    except PinnedError as error:
        pinned, narrow = error, error.cells.tolist()
    # a year that was shown before is better held than shown with what nearly tells
    for remedy in remedies:
        if narrow and con.execute(remedy, {"cells": narrow}).fetchall():
            return None
    if pinned:
        raise pinned
    check_stage(con)
    return solved


def _farthest(con: duckdb.DuckDBPyConnection) -> int:
    """Two numbers differ by more: no table moves both so far that the difference could bind."""
    (minimum,) = con.execute("select coalesce(max(minimum_denominator), 0) from rules").fetchall()[0]
    return 2 * farthest_of((int(minimum) + 1) // 2)


def _refuse_low_minimums(con: duckdb.DuckDBPyConnection) -> None:
    low = con.execute(
        "select community_id, minimum_denominator from rules "
        f"where minimum_denominator < {SMALLEST_MINIMUM} order by 1"
    ).fetchone()
    if low:
        raise DisclosureError(
            f"minimum_denominator is {low[1]}",
            where=f"community {low[0]}, disclosure",
            rule=f"groups under {SMALLEST_MINIMUM} children are never published",
            next_step=f"Use {SMALLEST_MINIMUM} or more",
        )


def _refuse_sums_that_do_not_add_up(con: duckdb.DuckDBPyConnection) -> None:
    """Fail closed: the method is only right where parts are disjoint and no part exceeds its whole."""
    broken = con.execute(NOT_ADDING_UP).fetchone()
    if broken and broken[0]:
        raise DisclosureError(
            f"{broken[0]} sums of indicator_cells do not add up, such as {broken[2]} at {broken[1]} level",
            rule="the subgroups and places below a total are disjoint parts of it",
            next_step="Look in marts.indicator_cells for a child that counts twice",
        )
