"""The CSV files of a release as a Frictionless Data Package: types, keys and references from the promise.

Follows the specifications Data Package 1 and Table Schema 1 (frictionlessdata.io/specs).
"""

from collections.abc import Mapping
from typing import Any

from publishing.release_contents import PromisedTable, references

TYPES = {
    "VARCHAR": "string",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "datetime",
    "DATE": "date",
}
# "" is no value in CSV; of these columns the empty text is one ("shown as it is", "the school year")
MAY_BE_EMPTY = ("suppression", "old_suppression", "new_suppression", "period", "program_name", "also_changed")


def data_package(
    promise: Mapping[str, PromisedTable], about: Mapping[str, Any], tables: Mapping[str, Any]
) -> dict[str, Any]:
    """The descriptor; `tables` holds what the manifest says of tables, `about` of the release."""
    refers = references(promise)
    return {
        "profile": "data-package",
        "name": f"milepost-{about['release_id']}",
        "title": f"Release {about['release_id']}",
        "description": about.get("notes")
        or "Indicators from cradle to career, with what may not be shown hidden.",
        "version": about["release_id"],
        "created": f"{about.get('created_at')}Z",
        "resources": [_resource(promise[name], refers[name], facts) for name, facts in tables.items()],
    }


def _resource(
    table: PromisedTable, refers: Mapping[str, tuple[str, ...]], facts: Mapping[str, Any]
) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(name, kind, text, table) for name, (kind, text) in table.columns.items()],
        "missingValues": [""],
    }
    if table.key:
        schema["primaryKey"] = list(table.key)
    if refers:
        schema["foreignKeys"] = [
            {"fields": list(columns), "reference": {"resource": to, "fields": list(columns)}}
            for to, columns in refers.items()
        ]
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": facts["csv"]["file"],
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": facts["csv"]["bytes"],
        "hash": f"sha256:{facts['csv']['sha256']}",
        "schema": schema,
    }


def _field(name: str, kind: str, description: str, table: PromisedTable) -> dict[str, Any]:
    field: dict[str, Any] = {"name": name, "type": TYPES[kind], "description": description}
    if name in table.required and name not in MAY_BE_EMPTY:
        field["constraints"] = {"required": True}
    return field
