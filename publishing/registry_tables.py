"""The indicator registry as tables that dbt reads, and as the macro that lists every indicator."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import duckdb

from ingestion.home import Home
from ingestion.parquet_table import write_table
from publishing.registry import REGISTRY, Indicator, RegistryError, load_registry, perhaps

UNION_MACRO = Path("macros/generated/registered_indicators.sql")


TABLES = {
    "indicators": {
        "indicator_id": "varchar",
        "title": "varchar",
        "stage": "varchar",
        "outcome": "varchar",
        "unit": "varchar",
        "better": "varchar",
        "timing": "varchar",
        "place": "varchar",
        "required_entities": "varchar[]",
        "ew_indicator": "varchar",
        "caveats": "varchar",
        "is_coverage": "boolean",
    },
    "indicator_definitions": {
        "indicator_id": "varchar",
        "definition_version": "varchar",
        "first_year": "integer",
        "last_year": "integer",
        "parameters": "map(varchar, varchar)",
        "citation": "varchar",
        "is_default": "boolean",
    },
    "indicator_selection": {"community_id": "varchar", "indicator_id": "varchar"},
}


def write_registry_tables(
    home: Home, dbt_project: Path, selections: Mapping[str, Iterable[str] | Literal["all"]]
) -> dict[str, Indicator]:
    """Write reference/indicators, indicator_definitions and indicator_selection.parquet; return the registry.

    `selections` holds, per community id, the ids that its community.yml lists under `indicators`, or "all";
    of a community that is not among them nothing is published.
    """
    indicators = load_registry(dbt_project)
    pairs = [pair for community, ids in selections.items() for pair in _selected(community, ids, indicators)]
    rows = {
        "indicators": _indicator_rows(indicators),
        "indicator_definitions": _definition_rows(indicators),
        "indicator_selection": pairs,
    }
    home.reference.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        for table, columns in TABLES.items():
            write_table(con, home.reference_file(table), columns, rows[table])
    return indicators


def write_union_macro(dbt_project: Path) -> bool:
    """Write the macro that lists every registered indicator (nobody edits a union); True if it changed.

    An unchanged file is left alone: touching it would cost dbt a full parse.
    """
    ids = ", ".join(f"'{indicator}'" for indicator in load_registry(dbt_project))
    text = f"{{% macro registered_indicators() %}}{{{{ return([{ids}]) }}}}{{% endmacro %}}\n"
    path = dbt_project / UNION_MACRO
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(text)
    temporary.replace(path)
    return True


def _selected(
    community: str, ids: Iterable[str] | Literal["all"], indicators: Mapping[str, Indicator]
) -> list[tuple[str, str]]:
    wanted = list(indicators) if ids == "all" else list(ids)
    for indicator in wanted:
        if indicator not in indicators:
            raise RegistryError(
                f"no indicator is called {indicator!r}{perhaps(indicator, indicators)}",
                where=f"community {community}, indicators",
                next_step=f"Use ids of {REGISTRY.name}",
            )
    return [(community, indicator) for indicator in wanted]


def _indicator_rows(indicators: Mapping[str, Indicator]) -> list[tuple[Any, ...]]:
    return [
        (
            i.id,
            i.title,
            i.stage,
            i.outcome,
            i.unit,
            i.better,
            i.timing,
            i.place,
            list(i.required_entities),
            i.ew_indicator,
            i.caveats,
            i.is_coverage,
        )
        for i in indicators.values()
    ]


def _definition_rows(indicators: Mapping[str, Indicator]) -> list[tuple[Any, ...]]:
    return [
        (i.id, d.version, d.first_year, d.last_year, d.texts, d.citation, d.is_default)
        for i in indicators.values()
        for d in i.definitions
    ]
