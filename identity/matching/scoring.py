"""Scored pairs of records: how likely two accounts are of one child, and what speaks for and against it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from identity.matching.blocking import CANDIDATES, find_candidates
from identity.matching.comparisons import COMPARISONS, SWAPPED, Comparison
from identity.matching.normalising import NORMALISED, normalise
from identity.matching.settings import linker, settings
from ingestion.sql_text import literal

if TYPE_CHECKING:
    import duckdb

    from identity.matching.model import Model

FLOOR = 0.01
COMPARED = "matching_compared"
_FREQUENT = sorted({level.tf_column for one in COMPARISONS for level in one.levels if level.tf_column})


def score(
    con: duckdb.DuckDBPyConnection,
    model: Model,
    new: str | None = None,
    *,
    floor: float = FLOOR,
    within_partners: bool = False,
    kept: str | None = None,
    settled: str | None = None,
) -> int:
    """Make table `pair` from table `record`, and return its number of rows.

    `pair` is record_l < record_r, match_weight (log2 of the Bayes factor, prior included),
    match_probability, and levels (field -> name of its level; a field that one of the two lacks is not
    there). It holds the candidates (blocking.py) with a probability of at least `floor`. With `new`, a table
    or view with record_id, only pairs with at least one of its records: the same rows, with the same weights,
    as without it, since frequencies of names and sizes of blocks are those of all records. `kept`
    is a table with the columns KEPT of a `matching_record` of before, from which records that have not
    changed are taken (normalising.py): most of an interim load's time is saved. `settled` is one too, with
    group_id and state_id, of records that are not in `record` and are to be compared with those that are.
    """
    normalise(con, kept, settled)
    find_candidates(con, new, within_partners=within_partners)
    if not con.table(CANDIDATES).shape[0]:
        con.execute(_EMPTY)
    else:
        _score(con, model, floor, _few_compared(con) if new else NORMALISED)
    con.execute(f"drop table {CANDIDATES}")
    row = con.execute("select count(*) from pair").fetchone()
    assert row is not None
    return int(row[0])


def _few_compared(con: duckdb.DuckDBPyConnection) -> str:
    """A table of the records of candidates alone: Splink copies what it is given, column by column."""
    con.execute(f"""
        create or replace table {COMPARED} as
        from {NORMALISED} semi join (
            select join_key_l as record_id from {CANDIDATES} union select join_key_r from {CANDIDATES}
        ) using (record_id)
    """)
    return COMPARED


def _score(con: duckdb.DuckDBPyConnection, model: Model, floor: float, compared: str) -> None:
    logging.getLogger("splink").setLevel(logging.ERROR)
    with linker(con, compared, settings(model)) as splink:
        for name in _FREQUENT:  # of all records, whichever are compared
            con.execute(
                f"create or replace table {COMPARED}_{name} as"
                f" select {name}, count(*) / (select count({name}) from {NORMALISED}) as tf_{name}"
                f" from {NORMALISED} as of_all semi join {compared} as few using ({name}) group by {name}"
            )
            frequencies = splink._db_api.register(f"{COMPARED}_{name}")
            splink.table_management.register_term_frequency_lookup(frequencies, name)
        pairs = splink._db_api.register(CANDIDATES)
        splink.table_management.register_blocked_pairs_for_predict(pairs)
        scored = splink.inference.predict(threshold_match_probability=floor, warning_mode="never")
        con.execute(f"""
            create or replace table pair as
            select record_id_l as record_l, record_id_r as record_r, match_weight, match_probability,
                   {_levels()} as levels
            from {scored.physical_name}
        """)
    for table in (COMPARED, *(f"{COMPARED}_{name}" for name in _FREQUENT)):
        con.execute(f"drop table if exists {table}")


def _levels() -> str:
    """SQL of the map from fields to the names of their levels."""
    fields = ", ".join(literal(one.name) for one in COMPARISONS)
    names = ", ".join(_level_name(one) for one in COMPARISONS)
    return f"map_from_entries(list_filter(list_zip([{fields}], [{names}]), lambda told: told[2] is not null))"


def _level_name(comparison: Comparison) -> str:
    """SQL of the name of a level: Splink numbers them from the last, 0, up; -1 is not compared."""
    levels = [level for level in comparison.levels if not level.is_null]
    cases = " ".join(
        f"when {number} then {literal(level.name)}" for number, level in enumerate(reversed(levels))
    )
    gamma = f"case gamma_{comparison.name} {cases} end"
    if comparison.name == "last_name":  # counted with the first name
        swapped = [lv.name for lv in reversed(COMPARISONS[0].levels) if not lv.is_null].index(SWAPPED)
        return f"case when gamma_first_name = {swapped} then {literal(SWAPPED)} else {gamma} end"
    return gamma


_EMPTY = """
    create or replace table pair (
        record_l ubigint, record_r ubigint, match_weight double, match_probability double,
        levels map(varchar, varchar)
    )
"""
