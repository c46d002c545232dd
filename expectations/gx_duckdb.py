"""Great Expectations on a live DuckDB connection: batches, verdicts, the finder of violating rows.

GX 1.24 ships no DuckDB support. What differs from its generic SQL engine is a subclass (gx_engine.py), or a
metric registered for our engine class alone (gx_metrics.py), so nothing of GX is replaced for anybody else in
the process. Import this module inside functions only: it imports GX, which takes about five seconds.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import logging
import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

import duckdb
import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.exceptions.exceptions import MetricProviderError
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.registry import (
    get_expectation_impl,
    get_metric_provider,
    list_registered_expectation_implementations,
)
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.metrics_calculator import MetricsCalculator

from expectations.gx_engine import DuckDBDatasource, DuckDBExecutionEngine
from expectations.gx_plan import Plan

# DuckDB's rowid: unlike _row_number it stays unique when one record was unpivoted into several rows
ROW_ID = "_row_id"
_UNIQUE = ("column_values.unique.condition", "compound_columns.unique.condition")
PLANS = 128  # suites whose metric graphs are remembered: contracts times their code lists


# they run a query as it is written, which may read any file or write one, or look at another table
RUN_SQL = frozenset(
    {
        *("expect_query_results_to_match_comparison", "expect_table_row_count_to_equal_other_table"),
        "unexpected_rows_expectation",
    }
)
_idle: list[DuckDBDatasource] = []
_plans: dict[tuple[int, ...], Plan] = {}  # by the ids of their expectations
_making = threading.RLock()  # GX's context and registries are the process's, and not made for threads
_serial = itertools.count(1)


@functools.cache
def _context() -> Any:
    # One in-memory context for the process: making it costs little, but it registers itself globally.
    import expectations.gx_metrics  # noqa: F401  (registers them for our engine)

    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    # GX logs every failed metric with its values; what failed is reported by the gate, without values
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    in_memory = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    context = gx.get_context(
        mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=in_memory)
    )
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}  # type: ignore[assignment]
    return context


@contextlib.contextmanager
def open_batch(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[Batch]:
    """A GX batch over a table or view of a live connection; it must be visible to `connection.cursor()`.

    Datasources are used again: adding and deleting one costs 0.05 s, a third of a small delivery. Of
    threads that hold a batch at the same time each has its own, and with it its SQLAlchemy engine.
    """
    with _making:
        datasource = _idle.pop() if _idle else _new_datasource()
    datasource.attach(connection)
    try:
        with _making:
            if table not in datasource._tables:
                asset = datasource.add_table_asset(name=table, table_name=table)
                datasource._tables[table] = asset.add_batch_definition_whole_table(name="whole")
            batch = datasource._tables[table].get_batch()
        _engine(batch).batch_manager.load_batch_list([batch])
        yield batch
    finally:
        datasource.detach()
        _idle.append(datasource)


def _new_datasource() -> DuckDBDatasource:
    name = f"duckdb-{next(_serial)}"
    return cast(
        DuckDBDatasource, _context().data_sources.add_duckdb(name=name, connection_string="duckdb://")
    )


def verdicts(batch: Batch, expectations: Sequence[Expectation]) -> dict[str, bool | str]:
    """Name of each expectation (its `meta["rule"]`) -> held or not, or why GX could not evaluate it.

    All are answered together, as in a validation BOOLEAN_ONLY; GX bundles their row conditions into one scan.
    The same expectation objects are planned once, whichever tables they are about.
    """
    engine = _engine(batch)
    found = _plan(engine, expectations).answers(engine)
    with engine.get_connection() as connection:
        connection.commit()
    return found


def _plan(engine: DuckDBExecutionEngine, expectations: Sequence[Expectation]) -> Plan:
    key = tuple(map(id, expectations))
    with _making:
        plan = _plans.pop(key, None) or Plan(engine, expectations)
        while len(_plans) >= PLANS:
            del _plans[next(iter(_plans))]
        _plans[key] = plan
    return plan


def known_expectations() -> tuple[str, ...]:
    """Names of the expectations that can be evaluated on DuckDB."""
    with _making:
        return _known_expectations()


@functools.cache
def _known_expectations() -> tuple[str, ...]:
    _context()
    engine = DuckDBExecutionEngine(engine=sa.create_engine("duckdb://"), create_temp_table=False)
    registered = set(list_registered_expectation_implementations()) - RUN_SQL
    names = tuple(sorted(name for name in registered if _has_metrics(name, engine)))
    # what GX and its imports made stays: for Python's collector to go through it over and over is a seventh
    # of the CPU time of a large load
    gc.freeze()
    return names


def expectation_class(name: str) -> type[Expectation] | None:
    """GX's class of that snake-case name, or None where GX has none that works on DuckDB."""
    return get_expectation_impl(name) if name in known_expectations() else None


def validation_errors(implementation: type[Expectation], arguments: dict[str, Any]) -> list[tuple[str, str]]:
    """Argument and message of everything GX's own validation has against these arguments."""
    try:
        implementation(**arguments)
    except ValueError as error:
        details = error.errors() if hasattr(error, "errors") else [{"loc": ("",), "msg": str(error)}]
        return list({str(detail["loc"][0]): str(detail["msg"]) for detail in reversed(details)}.items())
    return []


def _has_metrics(name: str, engine: DuckDBExecutionEngine) -> bool:
    implementation = get_expectation_impl(name)
    row_by_row = getattr(implementation, "map_metric", None)
    of_file = getattr(implementation, "metric_dependencies", ())
    needed = [f"{row_by_row}.condition"] if row_by_row else list(of_file)
    try:
        for metric in needed:
            get_metric_provider(metric, engine)
    except (KeyError, MetricProviderError):
        return False
    return True


def is_row_by_row(expectation: type[Expectation]) -> bool:
    """Whether GX judges each row by itself, so that the violating rows can be named."""
    return getattr(expectation, "map_metric", None) is not None


def violating_rows(batch: Batch, expectations: Mapping[str, Expectation]) -> dict[str, sa.Select[Any]]:
    """Per row-by-row expectation a query for the ROW_ID of each violating row; values stay bound parameters.

    GX itself would hand over a Python list with every offending value in it.
    """
    engine = _engine(batch)
    conditions = {name: _condition_metric(engine, expectation) for name, expectation in expectations.items()}
    found: dict[Any, Any] = MetricsCalculator(engine, show_progress_bars=False).compute_metrics(
        list(conditions.values())
    )[0]
    queries = {}
    for name, wanted in conditions.items():
        condition, domain, accessor = found[wanted.id]
        records: Any = engine.get_domain_records({**domain, **accessor})
        if isinstance(records, sa.Select):
            records = records.subquery()
        if wanted.metric_name in _UNIQUE:
            queries[name] = _repeating_rows(records, accessor.get("column_list") or [accessor["column"]])
        else:
            queries[name] = sa.select(sa.column(ROW_ID)).select_from(records).where(condition)
    return queries


def _condition_metric(engine: DuckDBExecutionEngine, expectation: Expectation) -> MetricConfiguration:
    metric = str(expectation.map_metric)  # type: ignore[attr-defined]
    only_pass_or_fail = {"result_format": {"result_format": "BOOLEAN_ONLY"}}
    needed = expectation.get_validation_dependencies(engine, only_pass_or_fail)
    counted = needed.metric_configurations[f"{metric}.unexpected_count"]
    return MetricConfiguration(
        f"{metric}.condition", counted.metric_domain_kwargs, counted.metric_value_kwargs
    )


def store_rows(
    batch: Batch, rows: sa.Select[Any], table: str, rule: int, unless: Collection[str] = ()
) -> None:
    """Insert the rows of a `violating_rows` query into `table` (ROW_ID, rule), but those where a column of
    `unless` is true."""
    for flag in unless:
        rows = rows.where(sa.column(flag).is_not(True))
    target = sa.table(table, sa.column(ROW_ID), sa.column("rule"))
    insert = sa.insert(target).from_select([ROW_ID, "rule"], rows.add_columns(sa.literal(rule)))
    with _engine(batch).get_connection() as connection:
        connection.execute(insert)
        connection.commit()


def _engine(batch: Batch) -> DuckDBExecutionEngine:
    return cast("DuckDBExecutionEngine", batch.data.execution_engine)


def _repeating_rows(records: Any, columns: Sequence[str]) -> sa.Select[Any]:
    # GX's conditions for uniqueness only fit the FROM clause that GX builds around them
    keys: list[Any] = [sa.column(column) for column in columns]
    times = sa.func.count().over(partition_by=keys).label("times")
    present = [keys[0].is_not(None)] if len(keys) == 1 else []
    counted = sa.select(sa.column(ROW_ID), times).select_from(records).where(*present).subquery()
    return sa.select(counted.c[ROW_ID]).where(counted.c.times > 1)
