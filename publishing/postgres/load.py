"""A schema of PostgreSQL filled from a source in one transaction: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.errors import ExportError
from ingestion.sql_text import identifier, literal
from publishing.postgres.connection import Connection
from publishing.postgres.row_security import deny_all
from publishing.postgres.source import Source, SourceTable

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Load:
    """What goes into a schema: its tables, who may see them, and the comment that says that it is whole."""

    source: Source
    schema: str
    title: str
    access: Sequence[str]
    mark: str
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # statistics tell anybody who explains a query how many rows others have; these tables have none
    without_statistics: frozenset[str] = frozenset()


def load(connection: Connection, this: Load, tell: Tell) -> dict[str, int]:
    """Make the schema anew and fill it; rows by table. Nobody else may use it until it is swapped in."""
    tables = this.source.tables
    schema = identifier(this.schema)
    rows = {}
    with connection.session.transaction():
        connection.run(f"drop schema if exists {schema} cascade; create schema {schema}")
        for done, table in enumerate(tables):
            tell(this.title, done, len(tables))
            connection.run(_definition(this, table))
            rows[table.name] = _copy(connection, this, table)
            connection.run(";".join([*_indexes(this, table), *_statistics(this, table)]))
        deny_all(connection, this.schema)
        connection.run(";".join(this.access))
        connection.run(f"comment on schema {schema} is {literal(this.mark)}")
    tell(this.title, len(tables), len(tables))
    return rows


def _definition(this: Load, table: SourceTable) -> str:
    """The table with what the dictionary says of it and of its columns."""
    name = f"{identifier(this.schema)}.{identifier(table.name)}"
    columns = ", ".join(f"{identifier(column.name)} {column.postgres_type}" for column in table.columns)
    comments = [
        f"comment on column {name}.{identifier(column.name)} is {literal(column.description or None)}"
        for column in table.columns
    ]
    told = f"comment on table {name} is {literal(table.description or None)}"
    return ";".join([f"create table {name} ({columns})", told, *comments])


def _copy(connection: Connection, this: Load, table: SourceTable) -> int:
    columns = ", ".join(identifier(column.name) for column in table.columns)
    name = f"{identifier(this.schema)}.{identifier(table.name)}"
    statement = f"copy {name} ({columns}) from stdin (format csv)"
    with connection.session.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for piece in this.source.pieces(table):
                copy.write(piece)
        arrived = cursor.rowcount
    sent = this.source.count(table)
    if arrived != sent:
        raise ExportError(
            f"{arrived:,} of {sent:,} rows of {table.name} arrived",
            where=connection.where,
            next_step="Nothing was changed; run the same command again",
        )
    return arrived


def _indexes(this: Load, table: SourceTable) -> list[str]:
    """The key, and what charts ask by: one indicator's years; one child's rows in the marts."""
    name = f"{identifier(this.schema)}.{identifier(table.name)}"
    there = {column.name for column in table.columns}
    key = this.keys.get(table.name, ())
    asked = [("indicator_id", "school_year"), ("person_id",)]
    wanted = [f"create unique index on {name} ({_listed(key)})"] if key and there.issuperset(key) else []
    return wanted + [
        f"create index on {name} ({_listed(columns)})" for columns in asked if there.issuperset(columns)
    ]


def _statistics(this: Load, table: SourceTable) -> list[str]:
    name = f"{identifier(this.schema)}.{identifier(table.name)}"
    if table.name in this.without_statistics:
        return [f"alter table {name} set (autovacuum_enabled = false)"]
    return [f"analyze {name}"]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(identifier, names))
