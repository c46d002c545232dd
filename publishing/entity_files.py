"""What dbt has to know of raw tables, written from their YAML before it parses; nobody edits a copy."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ingestion.contracts.conformed import conformed_codes
from ingestion.contracts.entities import Entity, load_entities

SOURCES = Path("models/generated/raw.yml")
MACROS = Path("macros/generated/canonical_entities.sql")
LAKE = "read_parquet('snapshot/raw/{name}/**/*.parquet', union_by_name = true)"


def write_entity_files(dbt_project: Path) -> bool:
    """Write the source `raw` and the macros raw_columns and code_columns; True if either changed.

    An unchanged file is left alone: touching it would cost dbt a full parse.
    """
    entities = load_entities()
    written = [
        _write(dbt_project / SOURCES, _sources(entities)),
        _write(dbt_project / MACROS, _macros(entities)),
    ]
    return any(written)


def code_columns(entity: Entity) -> list[str]:
    """The columns of an entity that have a conformed code list; others keep the partner's code."""
    codes = (name for name, column in entity.columns.items() if column.type in ("code", "codes"))
    return [name for name in codes if conformed_codes(name)]


def _sources(entities: dict[str, Entity]) -> str:
    raw = {
        "name": "raw",
        "description": "What the gate let through, one Parquet file per extract, school year and collection.",
        "config": {"meta": {"external_location": LAKE}},
        "tables": [
            {"name": name, "description": f"{entity.title}: {entity.grain}."}
            for name, entity in entities.items()
        ],
    }
    return json.dumps({"version": 2, "sources": [raw]}, indent=1) + "\n"  # JSON is YAML


def _macros(entities: dict[str, Entity]) -> str:
    columns = {name: list(entity.raw_columns) for name, entity in entities.items()}
    codes = {name: found for name, entity in entities.items() if (found := code_columns(entity))}
    return (
        f"{{% macro raw_columns(entity) %}}{{{{ return({json.dumps(columns)}[entity]) }}}}{{% endmacro %}}\n"
        f"{{% macro code_columns() %}}{{{{ return({json.dumps(codes)}) }}}}{{% endmacro %}}\n"
    )


def _write(path: Path, text: str) -> bool:
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(text)
    temporary.replace(path)
    return True
