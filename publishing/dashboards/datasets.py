"""Datasets as Superset knows them: every column of a query or a published table with its type and meaning."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishing.dashboards.sources import DashboardError, Metric, Sources
from publishing.release_contents import PromisedTable

if TYPE_CHECKING:
    import duckdb

COUNT = Metric(label="Rows", sql="count(*)", description="Rows.", format=",d")


@dataclass(frozen=True)
class Column:
    """One column: SQL type, what readers see above it, what it means."""

    type: str
    label: str
    description: str


@dataclass(frozen=True)
class Dataset:
    """`sql` is None where the dataset is the published table of that name."""

    name: str
    description: str
    sql: str | None
    time: str | None
    columns: Mapping[str, Column]
    metrics: Mapping[str, Metric]


def resolve_datasets(sources: Sources, promise: Mapping[str, PromisedTable]) -> dict[str, Dataset]:
    """The queries of dashboards/, then every published table; DashboardError where one does not fit."""
    with empty_release(promise) as con:
        queries = {name: _of_query(name, sources, promise, con) for name in sources.datasets}
    return {**queries, **{name: _of_table(table) for name, table in promise.items()}}


@contextmanager
def empty_release(promise: Mapping[str, PromisedTable]) -> "Iterator[duckdb.DuckDBPyConnection]":
    """The tables of a release as they are promised, without rows."""
    import duckdb

    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("create schema published")
        for name, table in promise.items():
            columns = ", ".join(f"{column} {kind}" for column, (kind, _) in table.columns.items())
            con.execute(f"create table published.{name} ({columns})")
        yield con


def _of_query(
    name: str, sources: Sources, promise: Mapping[str, PromisedTable], con: "duckdb.DuckDBPyConnection"
) -> Dataset:
    import duckdb

    source, sql = sources.datasets[name], sources.sql[name]
    where = f"dashboards/datasets/{name}.sql"
    try:
        described = con.execute(f"describe {sql}").fetchall()
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise DashboardError(
            f"the query cannot be asked of a release: {first}",
            where=where,
            rule="a dashboard reads published tables alone",
        ) from error
    columns = {}
    for column, kind, *_ in described:
        wording = source.columns.get(column)
        meaning = wording.description if wording else _published_meaning(column, source.tables, promise)
        if meaning is None:
            raise DashboardError(
                f"nothing says what the column {column} means",
                where=where,
                rule="a column of a dataset is one of its published tables, or is described in datasets.yml",
                next_step=f"Describe it below `{name}: columns:`, or name the table it comes from",
            )
        label = wording.label if wording else source.labels.get(column, column.replace("_", " ").capitalize())
        columns[column] = Column(kind, label, meaning)
    unknown = ({*source.columns, *source.labels} | ({source.time} if source.time else set())) - columns.keys()
    if unknown:
        raise DashboardError(
            f"datasets.yml tells of columns that {name} has not: {', '.join(sorted(unknown))}", where=where
        )
    return Dataset(name, source.description, sql, source.time, columns, source.metrics)


def _published_meaning(
    column: str, tables: tuple[str, ...], promise: Mapping[str, PromisedTable]
) -> str | None:
    for table in tables:
        if table not in promise:
            raise DashboardError(f"there is no published table {table}", where="dashboards/datasets.yml")
        if column in promise[table].columns:
            return promise[table].columns[column][1]
    return None


def _of_table(table: PromisedTable) -> Dataset:
    columns = {
        name: Column(kind, name.replace("_", " ").capitalize(), meaning)
        for name, (kind, meaning) in table.columns.items()
    }
    return Dataset(table.name, table.description, None, None, columns, {"n_rows": COUNT})
