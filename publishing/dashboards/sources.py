"""What the files in dashboards/ say, parsed: filters, datasets, dashboards and their charts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from ingestion.errors import ContractError, MilepostError
from ingestion.yaml_file import M, Strict, near_miss, read_yaml, validate

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"
DATASETS, FILTERS = "datasets.yml", "filters.yml"
FIRST = "first"
SCREEN_WIDTH = 12


class DashboardError(MilepostError):
    """A file in dashboards/ is wrong, or does not fit what a release promises."""


class Filter(Strict):
    """A choice that readers have; a required one always has exactly one value.

    Its values are those of `column` in dataset `choices`, or in that of the dashboard where it names none.
    """

    title: str
    column: str
    choices: str | None = None
    required: bool = False
    default: str | None = None
    within: tuple[str, ...] = ()


class Wording(Strict):
    """What a column that no published table has is called, and what it means."""

    label: str
    description: str


class Metric(Strict):
    """An aggregate with a name; `format` is a d3 number format."""

    label: str
    sql: str
    description: str
    format: str | None = None


class DatasetSource(Strict):
    """A query over published tables; what its columns are is found by asking it."""

    tables: tuple[str, ...]
    description: str
    time: str | None = None
    columns: Mapping[str, Wording] = {}
    labels: Mapping[str, str] = {}
    metrics: Mapping[str, Metric] = {}


class Datasets(Strict):
    """The file datasets.yml."""

    datasets: Mapping[str, DatasetSource]


class Chart(Strict):
    """One chart: what it shows of which rows; `where` is SQL, `order` columns, `desc` behind them or not."""

    name: str
    kind: Literal["number", "number_with_trend", "rows", "lines", "bars", "stacked_bars", "calendar"]
    dataset: str | None = None
    metric: str | None = None
    by: str | None = None
    stacked: str | None = None
    columns: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    across: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    where: str | None = None
    width: int | None = Field(default=None, ge=2, le=SCREEN_WIDTH)

    @property
    def ordered(self) -> list[tuple[str, bool]]:
        """Column and whether it ascends."""
        return [(entry.removesuffix(" desc"), not entry.endswith(" desc")) for entry in self.order]

    @property
    def named_columns(self) -> set[str]:
        one = {name for name in (self.by, self.stacked) if name}
        return {*self.columns, *self.down, *self.across, *one, *(name for name, _ in self.ordered)}


class Row(Strict):
    """Charts or a text across the screen; `filters` apply to it alone, beside those of the dashboard."""

    text: str | None = None
    charts: tuple[Chart, ...] = ()
    filters: tuple[str, ...] = ()
    height: int = Field(default=50, ge=4, le=120)

    @model_validator(mode="after")
    def _text_or_charts(self) -> "Row":
        if (self.text is None) == (not self.charts):
            raise ValueError("a row has a text or charts")
        if sum(chart.width or SCREEN_WIDTH // len(self.charts) for chart in self.charts) > SCREEN_WIDTH:
            raise ValueError(f"the charts of a row are wider than {SCREEN_WIDTH} columns together")
        return self


class Dashboard(Strict):
    """One page; `dataset` is that of charts and filters that name none."""

    title: str
    description: str
    dataset: str
    filters: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def charts(self) -> list[Chart]:
        return [chart for row in self.rows for chart in row.charts]

    @property
    def all_filters(self) -> list[str]:
        """Names of the filters of the page, then of those of its rows, each once."""
        return list(dict.fromkeys([*self.filters, *(name for row in self.rows for name in row.filters)]))

    def dataset_of(self, chart: Chart) -> str:
        return chart.dataset or self.dataset

    def choices_of(self, chosen: Filter) -> str:
        """The dataset in which the values of a filter are looked up."""
        return chosen.choices or self.dataset


@dataclass(frozen=True)
class Sources:
    """Everything in dashboards/; `dashboards` by slug, `sql` by name of the dataset."""

    filters: Mapping[str, Filter]
    datasets: Mapping[str, DatasetSource]
    sql: Mapping[str, str]
    dashboards: Mapping[str, Dashboard]


class _Filters(Strict):
    filters: Mapping[str, Filter]


def load_sources(folder: Path = DASHBOARDS) -> Sources:
    """All files of `folder`; DashboardError or ContractError with the line of what is wrong."""
    filters = _parsed(folder / FILTERS, _Filters).filters
    datasets = _parsed(folder / DATASETS, Datasets).datasets
    sql = {}
    for name in datasets:
        path = folder / "datasets" / f"{name}.sql"
        if not path.exists():
            raise DashboardError(
                f"dataset {name} has no query", where=str(folder / DATASETS), next_step=f"Write {path}"
            )
        sql[name] = path.read_text(encoding="utf-8")
    dashboards = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name not in (FILTERS, DATASETS):
            dashboard = _parsed(path, Dashboard)
            _refuse_unknown_filters(path, dashboard, filters)
            dashboards[path.stem] = dashboard
    return Sources(filters, datasets, sql, dashboards)


def _parsed(path: Path, model: type[M]) -> M:
    found, problems, _ = validate(read_yaml(path), model)
    if problems or found is None:
        raise ContractError.of(problems)
    return found


def _refuse_unknown_filters(path: Path, dashboard: Dashboard, filters: Mapping[str, Filter]) -> None:
    for name in dashboard.all_filters:
        if name not in filters:
            raise DashboardError(
                f"there is no filter {name}",
                where=str(path),
                rule=f"filters are those of {FILTERS}",
                next_step=near_miss(name, filters),
            )
