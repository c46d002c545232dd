"""The bundle: dashboards, charts, datasets and their connection as the zip that Superset imports."""

import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publishing.dashboards.charts import query_context, settings
from publishing.dashboards.datasets import Dataset, resolve_datasets
from publishing.dashboards.layout import metadata, position
from publishing.dashboards.sources import Chart, Dashboard, DashboardError, Sources, load_sources
from publishing.dbt_project import DBT_PROJECT
from publishing.release_contents import load_promise

VERSION = "1.0.0"
FOLDER = "milepost"
SCHEMA = "published"
DEFAULT_NAME = "Milepost"
# ours, so that the uuid of a thing follows from its name: whoever imports twice writes over what is there
NAMESPACE = uuid.UUID("6f1d0a52-6f0e-4b39-9c39-5d4f1b8f2a10")
# fixed, so that the same dashboards are the same bytes
MOMENT = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Connection:
    """Where Superset finds a release: `uri` is SQLAlchemy's; one per audience, told apart by its name."""

    name: str
    uri: str

    def titled(self, title: str) -> str:
        """The title, with the connection's name behind it unless it is the usual one."""
        return title if self.name == DEFAULT_NAME else f"{title} ({self.name})"

    def identity(self, kind: str, name: str) -> str:
        return str(uuid.uuid5(NAMESPACE, f"{self.name}/{kind}/{name}"))


def duckdb_uri(database: Path) -> str:
    """How Superset opens a release file: for reading, and with no way from it to any other file."""
    closed = "access_mode=READ_ONLY&enable_external_access=false&lock_configuration=true"
    return f"duckdb:///{database}?{closed}&autoload_known_extensions=false&autoinstall_known_extensions=false"


def write_bundle(path: Path, connection: Connection, sources: Sources | None = None) -> list[str]:
    """Write the zip and return the names of the files in it; DashboardError where a source is wrong."""
    files = bundle_files(connection, sources or load_sources())
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", MOMENT)
            archive.writestr(entry, _yaml(data), compress_type=zipfile.ZIP_DEFLATED)
    try:
        path.write_bytes(content.getvalue())
    except OSError as error:
        raise DashboardError(
            f"the bundle cannot be written: {error.strerror or error}",
            where=str(path),
            next_step="Name a file in a folder that is there and has space",
        ) from error
    return list(files)


def bundle_files(connection: Connection, sources: Sources) -> dict[str, dict[str, Any]]:
    """Every file of the bundle by its name, as data."""
    datasets = resolve_datasets(sources, load_promise(DBT_PROJECT))
    if connection.name != DEFAULT_NAME:
        # a Superset that keeps its own things in SQLite refuses a second table of one name
        datasets = {name: dataset for name, dataset in datasets.items() if dataset.sql}
    files: dict[str, dict[str, Any]] = {
        "metadata.yaml": {"version": VERSION, "type": "assets", "timestamp": "2020-01-01T00:00:00+00:00"},
        f"databases/{FOLDER}.yaml": _database(connection),
    }
    for name, dataset in datasets.items():
        files[f"datasets/{FOLDER}/{name}.yaml"] = _dataset(connection, dataset)
    for slug, dashboard in sources.dashboards.items():
        for number, chart in enumerate(dashboard.charts, start=1):
            files[f"charts/{slug}_{number:02d}.yaml"] = _chart(connection, slug, dashboard, chart, datasets)
    for slug, dashboard in sources.dashboards.items():
        files[f"dashboards/{slug}.yaml"] = _dashboard(connection, slug, dashboard, sources, datasets)
    return files


def _database(connection: Connection) -> dict[str, Any]:
    return {
        "database_name": connection.name,
        "sqlalchemy_uri": connection.uri,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {
            "allows_virtual_table_explore": True,
            "metadata_params": {},
            "engine_params": {},
            "schemas_allowed_for_csv_upload": [],
        },
        "uuid": connection.identity("database", ""),
        "version": VERSION,
    }


def _dataset(connection: Connection, dataset: Dataset) -> dict[str, Any]:
    columns = [
        {
            "column_name": name,
            "verbose_name": column.label,
            "description": column.description,
            "type": column.type,
            "is_dttm": column.type in ("DATE", "TIMESTAMP"),
            "is_active": True,
            "groupby": True,
            "filterable": True,
        }
        for name, column in dataset.columns.items()
    ]
    metrics = [
        {
            "metric_name": name,
            "verbose_name": metric.label,
            "expression": metric.sql,
            "description": metric.description,
            "d3format": metric.format,
        }
        for name, metric in dataset.metrics.items()
    ]
    return {
        "table_name": connection.titled(dataset.name),
        "main_dttm_col": dataset.time,
        "description": dataset.description,
        "schema": SCHEMA,
        "sql": dataset.sql,
        "filter_select_enabled": True,
        "columns": columns,
        "metrics": metrics,
        "uuid": connection.identity("dataset", dataset.name),
        "database_uuid": connection.identity("database", ""),
        "version": VERSION,
    }


def _chart(
    connection: Connection, slug: str, dashboard: Dashboard, chart: Chart, datasets: Mapping[str, Dataset]
) -> dict[str, Any]:
    name = dashboard.dataset_of(chart)
    if name not in datasets:
        raise DashboardError(f"there is no dataset {name}", where=f"dashboards/{slug}.yml")
    dataset = datasets[name]
    for column in sorted(chart.named_columns - dataset.columns.keys()):
        raise DashboardError(
            f"'{chart.name}' names a column {column} that {name} has not", where=f"dashboards/{slug}.yml"
        )
    if chart.metric and chart.metric not in dataset.metrics:
        raise DashboardError(
            f"'{chart.name}' names a metric {chart.metric} that {name} has not",
            where=f"dashboards/{slug}.yml",
        )
    return {
        "slice_name": chart.name,
        "viz_type": settings(chart, dataset)["viz_type"],
        "params": settings(chart, dataset),
        "query_context": json.dumps(query_context(chart, dataset)),
        "uuid": connection.identity("chart", f"{slug}/{chart.name}"),
        "dataset_uuid": connection.identity("dataset", dataset.name),
        "version": VERSION,
    }


def _dashboard(
    connection: Connection,
    slug: str,
    dashboard: Dashboard,
    sources: Sources,
    datasets: Mapping[str, Dataset],
) -> dict[str, Any]:
    uuids = {chart.name: connection.identity("chart", f"{slug}/{chart.name}") for chart in dashboard.charts}
    if len(uuids) < len(dashboard.charts):
        raise DashboardError("two charts have one name", where=f"dashboards/{slug}.yml")
    suffix = connection.identity("dashboard", slug)[:8]
    return {
        "dashboard_title": connection.titled(dashboard.title),
        "description": dashboard.description,
        "slug": slug if connection.name == DEFAULT_NAME else f"{slug}-{suffix}",
        "published": True,
        "position": position(dashboard, uuids),
        "metadata": metadata(dashboard, sources.filters, _choices(connection, dashboard, sources, datasets)),
        "uuid": connection.identity("dashboard", slug),
        "version": VERSION,
    }


def _choices(
    connection: Connection, dashboard: Dashboard, sources: Sources, datasets: Mapping[str, Dataset]
) -> dict[str, str]:
    """Filter -> the uuid of the dataset that lists its values."""
    found = {}
    for filter_name in dashboard.all_filters:
        chosen = sources.filters[filter_name]
        name = dashboard.choices_of(chosen)
        where, of = "dashboards/filters.yml", f"the filter {filter_name} cannot list its values"
        if name not in datasets:
            raise DashboardError(f"{of}: there is no dataset {name}", where=where)
        if chosen.column not in datasets[name].columns:
            raise DashboardError(f"{of}: {name} has no column {chosen.column}", where=where)
        found[filter_name] = connection.identity("dataset", name)
    return found


def _yaml(data: Mapping[str, Any]) -> str:
    import yaml

    # written by the library that Superset reads it with: a filter called `on` stays a text
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=False))
