"""Charts in Superset's words: the settings of each kind, and the query behind it, which its API answers."""

from collections.abc import Callable
from typing import Any

from publishing.dashboards.datasets import Dataset
from publishing.dashboards.sources import Chart

Settings = dict[str, Any]
MOST_ROWS = 2_000
YEARLY = "P1Y"
COLORS = "supersetColors"
NARROW, MIDDLE, WIDE = 90, 150, 220
# texts that need room, and numbers that need none
WIDTHS = {"indicator": WIDE, "school": WIDE, "rule": WIDE, "extract_id": WIDE, "against_target": WIDE}
WIDTHS |= {"subgroup_title": MIDDLE, "share_between": MIDDLE, "gap_between": MIDDLE, "share": NARROW}


def settings(chart: Chart, dataset: Dataset) -> Settings:
    """What Superset stores of a chart as its `params`."""
    made = {
        "viz_type": KINDS[chart.kind][0],
        "adhoc_filters": _filters(chart),
        "row_limit": MOST_ROWS,
        "color_scheme": COLORS,
        "time_range": "No filter",
        "extra_form_data": {},
    }
    return {**made, **KINDS[chart.kind][1](chart, dataset)}


def query_context(chart: Chart, dataset: Dataset) -> Settings:
    """The query that the chart asks, so that its API, alerts and reports can ask it too."""
    by = [*chart.columns, *chart.down, *chart.across, *(name for name in (chart.by, chart.stacked) if name)]
    columns: list[Any] = list(by)
    if chart.kind in ("lines", "number_with_trend"):
        columns = [_years(dataset), *by]
    query = {
        "columns": columns,
        # rows as they are have none: with an empty list Superset would group them, and PostgreSQL refuse an
        # order by what they are not grouped by
        **({} if chart.kind == "rows" else {"metrics": [chart.metric] if chart.metric else []}),
        "filters": [],
        "extras": {"having": "", "where": f"({chart.where})" if chart.where else ""},
        "orderby": [[name, ascends] for name, ascends in chart.ordered],
        "row_limit": MOST_ROWS,
        "time_range": "No filter",
        "annotation_layers": [],
        "applied_time_extras": {},
        "post_processing": [],
    }
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": settings(chart, dataset),
        "result_format": "json",
        "result_type": "full",
    }


def _filters(chart: Chart) -> list[Settings]:
    if not chart.where:
        return []
    return [{"expressionType": "SQL", "sqlExpression": chart.where, "clause": "WHERE"}]


def _years(dataset: Dataset) -> Settings:
    return {
        "columnType": "BASE_AXIS",
        "expressionType": "SQL",
        "label": dataset.time,
        "sqlExpression": dataset.time,
        "timeGrain": YEARLY,
    }


def _number_format(chart: Chart, dataset: Dataset) -> str | None:
    return dataset.metrics[chart.metric].format if chart.metric else None


def _number(chart: Chart, dataset: Dataset) -> Settings:
    return {
        "metric": chart.metric,
        "header_font_size": 0.4,
        "y_axis_format": _number_format(chart, dataset),
    }


def _number_with_trend(chart: Chart, dataset: Dataset) -> Settings:
    return {
        **_number(chart, dataset),
        "x_axis": dataset.time,
        "time_grain_sqla": YEARLY,
        "time_format": "%Y",
        # the year that the number is of: where that of the last year is hidden, it is an earlier one
        "show_timestamp": True,
        "show_trend_line": True,
        "start_y_axis_at_zero": False,
        "aggregation": "LAST_VALUE",
        "rolling_type": "None",
    }


def _rows(chart: Chart, _dataset: Dataset) -> Settings:
    return {
        "query_mode": "raw",
        "all_columns": list(chart.columns),
        "order_by_cols": [f'["{name}", {str(ascends).lower()}]' for name, ascends in chart.ordered],
        "server_pagination": False,
        "page_length": 0,  # all of them, which a reader scrolls through
        "include_search": chart.width is None,
        "show_cell_bars": False,
        "color_pn": False,
        "allow_rearrange_columns": False,
        "column_config": {name: _column_settings(name) for name in chart.columns},
        "conditional_formatting": [],
    }


def _column_settings(name: str) -> Settings:
    made: Settings = {"columnWidth": WIDTHS[name]} if name in WIDTHS else {}
    if name.endswith("_points"):
        made["d3NumberFormat"] = "+.1f"
    elif name in ("school_year", "baseline_year", "behind_since"):
        made["d3NumberFormat"] = "d"  # a year, not 2,025
    elif name.startswith(("rows_", "n_", "denominator", "children_")):
        made["d3NumberFormat"] = ",d"
    return made


def _lines(chart: Chart, dataset: Dataset) -> Settings:
    return {
        "x_axis": dataset.time,
        "time_grain_sqla": YEARLY,
        "x_axis_time_format": "%Y",
        "metrics": [chart.metric],
        "groupby": [chart.by] if chart.by else [],
        "y_axis_format": _number_format(chart, dataset),
        "truncateYAxis": True,
        "y_axis_bounds": [None, None],
        # a year that is hidden is a break in the line
        "connectNulls": False,
        "markerEnabled": True,
        "markerSize": 6,
        "rich_tooltip": True,
        "show_legend": True,
        "legendType": "plain",
        "legendOrientation": "bottom",
        "truncate_metric": True,
        "show_empty_columns": True,
        "sort_series_type": "name",
        "sort_series_ascending": True,
    }


def _bars(chart: Chart, dataset: Dataset) -> Settings:
    return {
        "x_axis": chart.by,
        "metrics": [chart.metric],
        "groupby": [],
        "orientation": "horizontal",
        "y_axis_format": _number_format(chart, dataset),
        "x_axis_sort": chart.metric,
        "x_axis_sort_asc": False,
        # beside a bar that goes to the left its value would stand on its name
        "show_value": False,
        "show_legend": False,
        "rich_tooltip": True,
        "truncate_metric": True,
    }


def _stacked_bars(chart: Chart, dataset: Dataset) -> Settings:
    return {
        **_bars(chart, dataset),
        "groupby": [chart.stacked],
        "stack": "Stack",
        "show_legend": True,
        "legendOrientation": "bottom",
    }


def _calendar(chart: Chart, _dataset: Dataset) -> Settings:
    return {
        "groupbyRows": list(chart.down),
        "groupbyColumns": list(chart.across),
        "metrics": [chart.metric],
        "metricsLayout": "COLUMNS",
        # its cells are words: anything but one of them as it is would be worked out as a number
        "aggregateFunction": "First",
        "rowTotals": False,
        "colTotals": False,
        "rowOrder": "key_a_to_z",
        "colOrder": "key_a_to_z",
        "combineMetric": False,
    }


KINDS: dict[str, tuple[str, Callable[[Chart, Dataset], Settings]]] = {
    "number": ("big_number_total", _number),
    "number_with_trend": ("big_number", _number_with_trend),
    "rows": ("table", _rows),
    "lines": ("echarts_timeseries_line", _lines),
    "bars": ("echarts_timeseries_bar", _bars),
    "stacked_bars": ("echarts_timeseries_bar", _stacked_bars),
    "calendar": ("pivot_table_v2", _calendar),
}
