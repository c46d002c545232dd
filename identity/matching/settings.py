"""A model as settings of Splink, and Splink on a connection of ours: quiet, and gone without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from identity.matching.comparisons import COMPARISONS, Comparison, Level

if TYPE_CHECKING:
    import duckdb
    from splink import Linker

    from identity.matching.model import Model

LEAST_FREQUENCY = 1e-5  # a name nobody else has may be a slip of the pen: it says no more than this


def settings(model: Model) -> dict[str, Any]:
    """Splink's settings for a model; candidates are given to it as a table, so it has no blocking rules."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_id",
        "probability_two_random_records_match": model.prior,
        "comparisons": [_comparison(one, model.weights[one.name]) for one in COMPARISONS],
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": True,  # the only way to keep the numbers of the levels
        "retain_intermediate_calculation_columns": False,
        "em_convergence": 1e-4,
        "max_iterations": 40,
        "linker_uid": "milepost",
    }


def _comparison(comparison: Comparison, weights: dict[str, tuple[float, float]]) -> dict[str, Any]:
    return {
        "output_column_name": comparison.name,
        "comparison_description": comparison.name,
        "comparison_levels": [_level(level, weights) for level in comparison.levels],
    }


def _level(level: Level, weights: dict[str, tuple[float, float]]) -> dict[str, Any]:
    told: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.name or "not compared"}
    if level.is_null:
        return {**told, "is_null_level": True}
    told["m_probability"], told["u_probability"] = weights[level.name]
    told["fix_m_probability"], told["fix_u_probability"] = level.fix_m, level.fix_u
    if level.tf_column:
        told["tf_adjustment_column"] = level.tf_column
        told["tf_minimum_u_value"] = LEAST_FREQUENCY
    return told


@contextmanager
def linker(con: duckdb.DuckDBPyConnection, table: str, of: dict[str, Any]) -> Iterator[Linker]:
    """Splink on a table of `con`; on leaving, what it wrote into `con` is dropped."""
    from splink import DuckDBAPI, Linker

    before = _relations(con)
    api = DuckDBAPI(con)
    try:
        yield Linker(api.register(table), of, log_level=None)
    finally:
        for name, kind in sorted(_relations(con) - before):
            con.execute(f'drop {kind} if exists "{name}"')


def _relations(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    rows = con.execute(
        "select table_name, 'table' from duckdb_tables() where table_name like '\\_\\_splink%' escape '\\'"
        " union all"
        " select view_name, 'view' from duckdb_views() where view_name like '\\_\\_splink%' escape '\\'"
    ).fetchall()
    return {(str(name), str(kind)) for name, kind in rows}
