"""The canonical entities, read from layouts/canonical/<entity>.yml: columns, types, keys, meaning."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

LAYOUTS = Path(__file__).parent / "layouts" / "canonical"

ColumnType = Literal["text", "integer", "decimal", "date", "boolean", "code", "codes"]
Pii = Literal["none", "direct"]

SQL_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,4)",
    "date": "DATE",
    "boolean": "BOOLEAN",
    "code": "VARCHAR",
    "codes": "VARCHAR",
}
# every raw file begins and ends with the columns that say whose row it is and where it comes from
OWNERSHIP_COLUMNS: dict[str, str] = {
    "community_id": "VARCHAR",
    "partner_id": "VARCHAR",
    "extract_id": "VARCHAR",
    "school_year": "INTEGER",
    "collection": "VARCHAR",
}
PROVENANCE_COLUMNS: dict[str, str] = {
    "_load_id": "VARCHAR",
    "_source_file": "VARCHAR",
    "_row_number": "BIGINT",
}


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntityColumn(_Facts):
    type: ColumnType
    description: str = Field(min_length=10)
    required: bool = False
    pii: Pii = "none"
    between: tuple[float, float] | None = None

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]


class Entity(_Facts):
    """One canonical entity; the order of `columns` is the order of columns in its raw Parquet files."""

    entity: str
    title: str
    grain: str
    key: tuple[str, ...]
    columns: dict[str, EntityColumn]

    @property
    def required_columns(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def raw_columns(self) -> dict[str, str]:
        """Name -> SQL type of every column of a raw file of this entity, in order."""
        own = {name: column.sql_type for name, column in self.columns.items()}
        return {**OWNERSHIP_COLUMNS, **own, **PROVENANCE_COLUMNS}


@cache
def load_entities() -> dict[str, Entity]:
    """Entity name -> entity, in the alphabetical order of the files that state them."""
    yaml = YAML(typ="safe")
    entities = (Entity.model_validate(yaml.load(path)) for path in sorted(LAYOUTS.glob("*.yml")))
    return {entity.entity: entity for entity in entities}
