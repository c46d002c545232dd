"""What GX measures differently on DuckDB: patterns, and one expectation of our own for keys.

Importing registers them, for our engine class only, so every other engine keeps what GX ships.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from expectations.gx_engine import DuckDBExecutionEngine


def _matches(column: Any, pattern: str) -> Any:
    # A partial match, as GX documents for other databases; DuckDB's own `~` wants the whole value.
    return sa.func.regexp_matches(column, sa.literal(pattern))


class MatchRegex(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:
        return _matches(column, regex)


class NotMatchRegex(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex: str, **_: Any) -> Any:
        return sa.not_(_matches(column, regex))


class MatchRegexList(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_regex_list"
    condition_value_keys = ("regex_list", "match_on")
    default_kwarg_values = {"match_on": "any"}  # noqa: RUF012  (read by GX from the class)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex_list: list[str], match_on: str = "any", **_: Any) -> Any:
        combine = sa.and_ if match_on == "all" else sa.or_
        return combine(*(_matches(column, regex) for regex in regex_list))


class NotMatchRegexList(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_match_regex_list"
    condition_value_keys = ("regex_list",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex_list: list[str], **_: Any) -> Any:
        return sa.not_(sa.or_(*(_matches(column, regex) for regex in regex_list)))


class MatchLikePattern(ColumnMapMetricProvider):
    condition_metric_name = "column_values.match_like_pattern"
    condition_value_keys = ("like_pattern", "escape")

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, like_pattern: str, escape: str | None = None, **_: Any) -> Any:
        return column.like(like_pattern, escape=escape)


class NotMatchLikePattern(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_match_like_pattern"
    condition_value_keys = ("like_pattern", "escape")

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, like_pattern: str, escape: str | None = None, **_: Any) -> Any:
        return sa.not_(column.like(like_pattern, escape=escape))


class ColumnTypes(TableMetricProvider):
    """Names and types of the columns, from an empty result: reflection costs eight queries."""

    metric_name = "table.column_types"
    value_keys = ("include_nested",)

    @metric_value(engine=DuckDBExecutionEngine)
    def _duckdb(
        cls, execution_engine: DuckDBExecutionEngine, metric_domain_kwargs: dict[str, Any], **_: Any
    ) -> list[dict[str, Any]]:
        # of the whole batch: a row condition changes no column
        records = execution_engine.get_domain_records({"batch_id": metric_domain_kwargs.get("batch_id")})
        nothing = sa.select(sa.text("*")).select_from(records).limit(0)
        result = execution_engine.execute_query(nothing)
        return [{"name": name, "type": str(kind)} for name, kind, *_ in result.cursor.description]


class RepeatedKeys(TableMetricProvider):
    """How many keys occur more than once; NULL equals NULL, rows without a required part are left out.

    Keys are compared by a 64-bit hash, which saves time and memory. A collision can only raise a false alarm
    (in 5 M keys: 1 in 1.5 million), and the exact comparison that names the rows then clears it. The hashes
    stay in the table `repeated_keys`, so that naming the rows need not group the whole table again.
    """

    metric_name = "table.repeated_keys"
    value_keys = ("key_columns", "present_columns", "repeated_keys")

    @metric_value(engine=DuckDBExecutionEngine)
    def _duckdb(
        cls,
        execution_engine: DuckDBExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> int:
        records, _domain, _accessor = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        key = sa.func.hash(*(sa.column(column) for column in metric_value_kwargs["key_columns"])).label("key")
        present = [sa.column(column).is_not(None) for column in metric_value_kwargs["present_columns"]]
        rows = sa.select(key).select_from(records).where(*present)
        repeated = rows.group_by(key).having(sa.func.count() > 1)
        kept = sa.table(metric_value_kwargs["repeated_keys"], sa.column("key"))
        execution_engine.execute_query(sa.insert(kept).from_select(["key"], repeated))
        return int(execution_engine.execute_query(sa.select(sa.func.count()).select_from(kept)).scalar_one())


class ExpectKeyToBeUnique(BatchExpectation):
    """Expect each key to occur once. GX's own compound uniqueness joins the table to itself, skips NULLs."""

    key_columns: list[str]
    present_columns: list[str]
    repeated_keys: str

    metric_dependencies = ("table.repeated_keys",)
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)
    success_keys = ("key_columns", "present_columns", "repeated_keys")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002  (GX passes it)
        execution_engine: Any = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        repeated = metrics["table.repeated_keys"]
        return {"success": repeated == 0, "result": {"observed_value": repeated}}
