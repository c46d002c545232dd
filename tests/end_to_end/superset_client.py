"""A person's way into a running Superset: log in, look at dashboards, ask what their charts ask."""

from __future__ import annotations

import json
from typing import Any

import requests

PATIENCE = 300


class SupersetClient:
    """Logged in as the admin; `numbers` are ids."""

    def __init__(self, url: str, password: str) -> None:
        self.url = url
        self.session = requests.Session()
        login = {"username": "admin", "password": password, "provider": "db", "refresh": True}
        told = self.session.post(f"{url}/api/v1/security/login", json=login, timeout=PATIENCE)
        assert told.status_code == 200, told.text
        self.session.headers["Authorization"] = f"Bearer {told.json()['access_token']}"

    def get(self, path: str) -> dict[str, Any]:
        told = self.session.get(f"{self.url}/api/v1/{path}", timeout=PATIENCE)
        assert told.status_code == 200, told.text
        found: dict[str, Any] = told.json()
        return found

    def identities(self) -> dict[str, list[tuple[int, str]]]:
        """Number and uuid of everything there is."""
        kinds = ("database", "dataset", "chart", "dashboard")
        return {
            kind: sorted((one["id"], one["uuid"]) for one in self.get(f"{kind}/?q=(page_size:500)")["result"])
            for kind in kinds
        }

    def dashboards(self) -> dict[str, int]:
        return {one["slug"]: one["id"] for one in self.get("dashboard/?q=(page_size:500)")["result"]}

    def charts(self, dashboard: int) -> dict[str, int]:
        return {one["slice_name"]: one["id"] for one in self.get(f"dashboard/{dashboard}/charts")["result"]}

    def chosen(self, dashboard: int, chart: int, community: str = "Riverbend") -> dict[str, str]:
        """Column -> value of the filters that reach a chart as its dashboard opens; what comes first is the community."""
        told = self.get(f"dashboard/{dashboard}")["result"]
        metadata, position = json.loads(told["json_metadata"]), json.loads(told["position_json"])
        (parents,) = [
            part["parents"]
            for part in position.values()
            if isinstance(part, dict) and part.get("meta", {}).get("chartId") == chart
        ]
        found = {}
        for one in metadata["native_filter_configuration"]:
            value = one["defaultDataMask"]["filterState"].get("value")
            if one["controlValues"]["defaultToFirstItem"]:
                value = [community]
            if value and set(one["scope"]["rootPath"]) & set(parents):
                found[one["targets"][0]["column"]["name"]] = value[0]
        return found

    def rows(self, chart: int, chosen: dict[str, str]) -> list[dict[str, Any]]:
        """What the chart shows under these filters; those on columns that it has not do not reach it."""
        told = self.get(f"chart/{chart}")["result"]
        context = json.loads(told["query_context"])
        dataset = self.get(f"dataset/{context['datasource']['id']}")["result"]
        columns = {column["column_name"] for column in dataset["columns"]}
        context["queries"][0]["filters"] = [
            {"col": column, "op": "IN", "val": [value]}
            for column, value in chosen.items()
            if column in columns
        ]
        answer = self.session.post(f"{self.url}/api/v1/chart/data", json=context, timeout=PATIENCE)
        assert answer.status_code == 200, (told["slice_name"], answer.text)
        (result,) = answer.json()["result"]
        assert result["status"] == "success", (told["slice_name"], result["error"])
        rows: list[dict[str, Any]] = result["data"]
        return rows
