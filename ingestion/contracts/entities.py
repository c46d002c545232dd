"""What raw tables hold: the canonical entities, and the tables of standards that keep their own shape."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ingestion.yaml_nodes import plain

LAYOUTS = Path(__file__).parents[1] / "layouts"
CANONICAL = "canonical"

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


def _as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


class EntityColumn(_Facts):
    """One column. Values that do not match the whole of its `pattern` are warned of, or held back with their
    rows where it `must_match`.

    `of_roster`: the partner's numbers of all its children of a year, which other files are compared with.
    Of a table of a standard it also says which headers the standard gives it (all names it ever had), in
    which versions it is there (all, unless said), the table whose key its values are, and whether a layout
    takes it only where a contract says how (`on_request`).
    """

    type: ColumnType = "text"
    description: str = ""
    required: bool = False
    pii: Pii = "none"
    between: tuple[float, float] | None = None
    pattern: str | None = None
    must_match: bool = False
    headers: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = Field(default=(), alias="from")
    versions: tuple[str, ...] = ()
    on_request: bool = False
    references: str | None = None
    of_roster: bool = False

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.type]


class Entity(_Facts):
    """One canonical entity; the order of `columns` is the order of columns in its raw Parquet files.

    `counts_as`, of a standard's table: the canonical entities whose rows its rows become and whose rows are
    counted or added up. Told in another form too, they would count twice. Rows that describe (a child, a
    school, a program) or of which the best one is taken (results of tests, diplomas) do no harm twice.
    """

    entity: str
    title: str
    grain: str
    key: tuple[str, ...]
    columns: dict[str, EntityColumn]
    standard: str = CANONICAL
    counts_as: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_described(self) -> Self:
        bare = [name for name, column in self.columns.items() if len(column.description) < 10]
        if self.standard == CANONICAL and bare:
            raise ValueError(f"columns of {self.entity} without a description: {', '.join(bare)}")
        return self

    @property
    def required_columns(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def roster_column(self) -> str | None:
        """The column of all children's numbers, where the entity has one."""
        return next((name for name, column in self.columns.items() if column.of_roster), None)

    @property
    def child_column(self) -> str | None:
        """The column of the partner's numbers of children, where rows tell of children.

        A table of a standard has it under the standard's name: the roster's own, what refers to the roster,
        or the one identifier of its key.
        """
        if self.standard == CANONICAL or "student_id" in self.columns:
            return "student_id" if "student_id" in self.columns else None
        rosters = {name for name, entity in load_entities().items() if entity.roster_column}
        referring = [name for name, column in self.columns.items() if column.references in rosters]
        in_key = [name for name in self.key if self.columns[name].pii == "direct"]
        return self.roster_column or next(iter([*referring, *in_key]), None)

    def counts_twice_beside(self, other: Entity) -> bool:
        """Whether a partner that tells of one period in both would have the same things counted twice.

        Of HMIS exports staging takes the newest of each record, whatever its version. Of several canonical
        extracts of one entity the contracts say what each is.
        """
        if self.standard == other.standard:
            return self.entity == other.entity and self.standard not in (CANONICAL, "hmis")
        return not {*self._counted}.isdisjoint(other._counted)

    @property
    def _counted(self) -> tuple[str, ...]:
        return (self.entity,) if self.standard == CANONICAL else self.counts_as

    @property
    def state_id_column(self) -> str | None:
        """The column of the state's numbers of children, where there is one."""
        return next((name for name in self.columns if name == "state_student_id"), None)

    @property
    def raw_columns(self) -> dict[str, str]:
        """Name -> SQL type of every column of a raw file of this entity, in order."""
        own = {name: column.sql_type for name, column in self.columns.items()}
        return {**OWNERSHIP_COLUMNS, **own, **PROVENANCE_COLUMNS}


@cache
def load_entities() -> dict[str, Entity]:
    """Entity name -> entity: the canonical ones, then the tables of standards."""
    files = [(CANONICAL, path) for path in sorted((LAYOUTS / CANONICAL).glob("*.yml"))]
    files += [(path.parent.parent.name, path) for path in sorted(LAYOUTS.glob("*/tables/*.yml"))]
    entities = (Entity.model_validate({**plain(path), "standard": standard}) for standard, path in files)
    return {entity.entity: entity for entity in entities}


def canonical_entities() -> dict[str, Entity]:
    """Those that contracts of any partner may map to, without the tables of standards."""
    return {name: entity for name, entity in load_entities().items() if entity.standard == CANONICAL}
