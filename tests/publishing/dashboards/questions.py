"""What Superset asks a database for when somebody opens the dashboards, as SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from publishing.dashboards.charts import query_context
from publishing.dashboards.datasets import Dataset, resolve_datasets
from publishing.dashboards.sources import FIRST, Dashboard, Row, load_sources
from publishing.dbt_project import DBT_PROJECT
from publishing.release_contents import load_promise

SOURCES = load_sources()
DATASETS = resolve_datasets(SOURCES, load_promise(DBT_PROJECT))


class Question(NamedTuple):
    """The query of a chart, or of a filter that lists its values."""

    dashboard: str
    title: str
    sql: str


def charts(chosen: Mapping[str, str]) -> Iterator[Question]:
    """The query of every chart; a filter has the value that `chosen` gives its column, else its default."""
    for slug, dashboard in SOURCES.dashboards.items():
        for row in dashboard.rows:
            for chart in row.charts:
                dataset = DATASETS[dashboard.dataset_of(chart)]
                (asked,) = query_context(chart, dataset)["queries"]
                conditions = [*_filters(dashboard, row, dataset, chosen), asked["extras"]["where"] or "true"]
                # of a year by which a line is drawn its expression, as Superset's own truncation would cost the same
                by = [one if isinstance(one, str) else one["sqlExpression"] for one in asked["columns"]]
                metrics = [dataset.metrics[name].sql for name in asked.get("metrics", [])]
                sql = f"select {', '.join([*by, *metrics])} from ({dataset.sql}) as told where {' and '.join(conditions)}"
                if by and "metrics" in asked:
                    sql += f" group by {', '.join(by)}"
                if asked["orderby"]:
                    sql += " order by " + ", ".join(
                        f"{name} {'asc' if ascends else 'desc'}" for name, ascends in asked["orderby"]
                    )
                yield Question(slug, chart.name, f"{sql} limit {asked['row_limit']}")


def filters(chosen: Mapping[str, str]) -> Iterator[Question]:
    """The query of every filter for the values to choose from."""
    for slug, dashboard in SOURCES.dashboards.items():
        for name in dashboard.all_filters:
            one = SOURCES.filters[name]
            dataset = DATASETS[dashboard.choices_of(one)]
            within = [_condition(parent, chosen) for parent in one.within]
            sql = f"select {one.column} from ({dataset.sql}) as told where {' and '.join([*within, 'true'])}"
            yield Question(slug, one.title, f"{sql} group by {one.column} limit 1000")


def _filters(dashboard: Dashboard, row: Row, dataset: Dataset, chosen: Mapping[str, str]) -> Iterator[str]:
    for name in (*dashboard.filters, *row.filters):
        one = SOURCES.filters[name]
        if one.column in dataset.columns and (one.default or one.column in chosen):
            yield _condition(name, chosen)


def _condition(name: str, chosen: Mapping[str, str]) -> str:
    one = SOURCES.filters[name]
    value = chosen.get(one.column, one.default)
    assert value not in (None, FIRST), one.column
    return f"{one.column} in ('{value}')"
