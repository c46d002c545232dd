"""Which published cells are hidden or shown as a band: small numbers first, then siblings to a fixpoint.

What this protects against, and what not yet, is in docs/disclosure.md. In short: no hidden number can be
worked out, nor narrowed under a minimum width, from ONE sum of published numbers. Sums taken together are
not looked at.
"""

import time
from dataclasses import dataclass

import duckdb

from ingestion.configuration.community_file import SMALLEST_MINIMUM
from ingestion.errors import MilepostError
from publishing.disclosure_cells import CELLS, EQUATIONS
from publishing.disclosure_sql import (
    CHOSEN,
    DENOMINATORS,
    FAILING,
    HIDE_NEW,
    NUMERATORS,
    RESULT,
    TWINS,
    TWINS_OF_NEW,
)

MOST_ROUNDS = 200


class DisclosureError(MilepostError):
    """The cells cannot be protected; nothing was written and nothing may be published from them."""


@dataclass(frozen=True)
class DisclosureReport:
    """Counts over the cells of the publication plan; hidden, coded and shown add up to `cells`."""

    cells: int
    hidden_primary: int
    hidden_complementary: int
    coded: int
    indicator_years: int
    populations: int
    rounds: int
    seconds: float

    @property
    def shown(self) -> int:
        return self.cells - self.hidden_primary - self.hidden_complementary - self.coded


# What `protect` reads, as queries over the tables they name in braces.
INPUTS = {
    "source_cells": "{indicator_cells}",
    "plan": "select p.community_id, p.geography_level, p.disaggregate, c.minimum_denominator "
    "from ({publication_plan}) as p join ({communities}) as c using (community_id)",
    # what is not written there is not published: an empty selection must not read as all of them
    "selection": "{indicator_selection}",
    "school_districts": "select distinct community_id, organization_id as school_id, district_id "
    "from ({dim_school})",
}


def protect(con: duckdb.DuckDBPyConnection) -> DisclosureReport:
    """Make table cell_suppression from source_cells, plan, selection and school_districts in `con`."""
    started = time.monotonic()
    _refuse_low_minimums(con)
    for statement in (*CELLS, *EQUATIONS):
        con.execute(statement)
    _refuse_sums_that_do_not_add_up(con)
    for statement in (*DENOMINATORS, *TWINS):
        con.execute(statement)
    con.execute("create or replace temp table newly as select cell_id from unknown")
    for statement in (TWINS_OF_NEW, *HIDE_NEW):
        con.execute(statement)
    rounds = _hide_to_fixpoint(con)
    con.execute("delete from twin")  # numerators are protected against who knows every denominator
    for statement in NUMERATORS:
        con.execute(statement)
    rounds += _hide_to_fixpoint(con)
    con.execute(RESULT)
    return _report(con, rounds, time.monotonic() - started)


def _hide_to_fixpoint(con: duckdb.DuckDBPyConnection) -> int:
    """Hide one more cell in every equation that says too much, until none does; the number of rounds."""
    con.execute("create or replace temp table newly as select cell_id from unknown")
    for round_number in range(1, MOST_ROUNDS + 1):
        con.execute(FAILING)
        if not _count(con, "failing"):
            return round_number
        con.execute(CHOSEN)
        if not _count(con, "newly"):
            break
        for statement in (TWINS_OF_NEW, *HIDE_NEW):
            con.execute(statement)
    raise DisclosureError(
        f"{_count(con, 'failing')} sums of published numbers still tell too much after {round_number} rounds",
        rule="a hidden number must stay open in every sum it is part of",
        next_step="Publish fewer disaggregates at this level, or raise the minimum",
    )


def _refuse_low_minimums(con: duckdb.DuckDBPyConnection) -> None:
    low = con.execute(
        "select community_id, min(minimum_denominator) from plan "
        f"where minimum_denominator < {SMALLEST_MINIMUM} group by 1 order by 1"
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
    broken = con.execute(
        "select count(*), min(level), min(disaggregate) from equation join family using (family_id) "
        "where residual_n < 0 or residual_x < 0 or residual_x > residual_n"
    ).fetchone()
    if broken and broken[0]:
        raise DisclosureError(
            f"{broken[0]} sums of indicator_cells do not add up, such as {broken[2]} at {broken[1]} level",
            rule="the subgroups and places below a total are disjoint parts of it",
            next_step="Look in marts.indicator_cells for a child that counts twice",
        )


def _report(con: duckdb.DuckDBPyConnection, rounds: int, seconds: float) -> DisclosureReport:
    hidden = "count(*) filter (suppression = 'suppressed' and n"
    counts = con.execute(
        f"select count(*), {hidden} < minimum), {hidden} >= minimum), "
        "count(*) filter (starts_with(suppression, 'coded')), count(distinct problem_id) from protected"
    ).fetchone()
    assert counts is not None
    cells, primary, complementary, coded, indicator_years = counts
    populations = _count(con, "(select distinct representative from population)")
    return DisclosureReport(
        cells, primary, complementary, coded, indicator_years, populations, rounds, seconds
    )


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = con.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0
