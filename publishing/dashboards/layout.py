"""A dashboard in Superset's words: where its charts stand, and which filters reach which of them."""

from collections.abc import Mapping
from typing import Any

from publishing.dashboards.sources import FIRST, SCREEN_WIDTH, Dashboard, Filter, Row

ROOT, GRID = "ROOT_ID", "GRID_ID"
TEXT_HEIGHT = 14
Part = dict[str, Any]


def position(dashboard: Dashboard, uuids: Mapping[str, str]) -> dict[str, Any]:
    """Every part of the page by its id; `uuids` are those of the charts, by name."""
    rows = [_row_id(number) for number in range(len(dashboard.rows))]
    parts: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        ROOT: {"id": ROOT, "type": "ROOT", "children": [GRID]},
        GRID: {"id": GRID, "type": "GRID", "children": rows, "parents": [ROOT]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": dashboard.title}},
    }
    chart_number = 0
    for number, row in enumerate(dashboard.rows):
        children = _children(row, number, chart_number, uuids)
        chart_number += len(row.charts)
        parts[rows[number]] = {
            "id": rows[number],
            "type": "ROW",
            "children": [child["id"] for child in children],
            "parents": [ROOT, GRID],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        parts |= {child["id"]: child for child in children}
    return parts


def _row_id(number: int) -> str:
    return f"ROW-{number + 1}"


def _children(row: Row, row_number: int, charts_before: int, uuids: Mapping[str, str]) -> list[Part]:
    parents = [ROOT, GRID, _row_id(row_number)]
    if row.text is not None:
        text = {"width": SCREEN_WIDTH, "height": TEXT_HEIGHT, "code": row.text}
        name = f"MARKDOWN-{row_number + 1}"
        return [{"id": name, "type": "MARKDOWN", "children": [], "parents": parents, "meta": text}]
    made = []
    for number, chart in enumerate(row.charts, start=charts_before + 1):
        meta = {
            "chartId": number,  # replaced by that of the Superset that imports it, which goes by the uuid
            "uuid": uuids[chart.name],
            "sliceName": chart.name,
            "width": chart.width or SCREEN_WIDTH // len(row.charts),
            "height": row.height,
        }
        made.append(
            {"id": f"CHART-{number}", "type": "CHART", "children": [], "parents": parents, "meta": meta}
        )
    return made


def metadata(
    dashboard: Dashboard, filters: Mapping[str, Filter], choices: Mapping[str, str]
) -> dict[str, Any]:
    """Settings of the page with its filters; `choices`: filter -> uuid of the dataset with them."""
    everywhere = dashboard.filters
    reach: dict[str, list[str]] = {name: [ROOT] for name in everywhere}
    for number, row in enumerate(dashboard.rows):
        for name in row.filters:
            reach.setdefault(name, []).append(_row_id(number))
    return {
        "native_filter_configuration": [
            _native_filter(name, filters[name], rows, choices[name]) for name, rows in reach.items()
        ],
        "chart_configuration": {},
        # a click on a bar must not leave one value of what is required
        "cross_filters_enabled": False,
        "color_scheme": "supersetColors",
        "refresh_frequency": 0,
        "timed_refresh_immune_slices": [],
        "expanded_slices": {},
        "default_filters": "{}",
    }


def _native_filter(name: str, chosen: Filter, rows: list[str], dataset_uuid: str) -> Part:
    value = None if chosen.default in (None, FIRST) else [chosen.default]
    data = {"filters": [{"col": chosen.column, "op": "IN", "val": value}]} if value else {}
    is_first = chosen.default == FIRST
    return {
        "id": _filter_id(name),
        "name": chosen.title,
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "targets": [{"datasetUuid": dataset_uuid, "column": {"name": chosen.column}}],
        "defaultDataMask": {
            "extraFormData": data,
            "filterState": {"value": value} if value else {},
            "ownState": {},
        },
        "cascadeParentIds": [_filter_id(parent) for parent in chosen.within],
        "scope": {"rootPath": rows, "excluded": []},
        "controlValues": {
            "multiSelect": not chosen.required,
            "enableEmptyFilter": chosen.required,
            "defaultToFirstItem": is_first,
            "searchAllOptions": False,
            "inverseSelection": False,
            "sortAscending": True,
        },
        # with it charts wait until the first value is known; without, they are asked with none and stay empty
        "requiredFirst": is_first,
        "description": "",
    }


def _filter_id(name: str) -> str:
    return f"NATIVE_FILTER-{name}"
