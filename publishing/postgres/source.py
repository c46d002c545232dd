"""What is exported: the tables of a release file, or the marts, as PostgreSQL would have them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.sql_text import identifier, literal
from ingestion.warehouse_file import open_warehouse
from publishing.release_contents import DATABASE, MANIFEST, ReleaseError
from publishing.release_history import RELEASE_ID, read_history

if TYPE_CHECKING:
    import duckdb

ROWS_A_PIECE = 20_000
# what leads from a row of the marts to the row of a partner's file, where the child has a name
OF_A_FILE = ("_load_id", "_row_number", "incident_id", "file_name", "sha256")
_NUMERIC = re.compile(r"^DECIMAL\((\d+),(\d+)\)$")
_TYPES = {
    "VARCHAR": "text", "BOOLEAN": "boolean", "DATE": "date", "TIME": "time", "UUID": "uuid",
    "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TINYINT": "smallint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
    "UTINYINT": "smallint", "USMALLINT": "integer", "UINTEGER": "bigint",
    "UBIGINT": "numeric(20)", "HUGEINT": "numeric(39)", "UHUGEINT": "numeric(39)",
    "FLOAT": "real", "DOUBLE": "double precision",
}  # fmt: skip
_NESTED = re.compile(r"(\[\d*\]$|^STRUCT\(|^MAP\(|^JSON$)")


@dataclass(frozen=True)
class SourceColumn:
    """A column: its type here and in PostgreSQL, and what the dictionary says of it."""

    name: str
    duckdb_type: str
    description: str

    @property
    def postgres_type(self) -> str:
        """The type that keeps every value; lists and structures become jsonb, enumerations text."""
        if numeric := _NUMERIC.match(self.duckdb_type):
            return f"numeric({numeric[1]},{numeric[2]})"
        if _NESTED.search(self.duckdb_type):
            return "jsonb"
        if self.duckdb_type.startswith("ENUM("):
            return "text"
        if self.duckdb_type not in _TYPES:
            raise ReleaseError(
                f"PostgreSQL has no type for {self.duckdb_type}, which the column {self.name} has",
                next_step="Give the column another type in its model",
            )
        return _TYPES[self.duckdb_type]

    @property
    def as_text(self) -> str:
        """SQL that writes a value in the way that PostgreSQL reads it."""
        name = identifier(self.name)
        return f"cast({f'to_json({name})' if self.postgres_type == 'jsonb' else name} as varchar)"


@dataclass(frozen=True)
class SourceTable:
    """A table of the source with its columns in order."""

    name: str
    description: str
    columns: tuple[SourceColumn, ...]


class Source:
    """One schema of a DuckDB file that is open for reading; `identity` changes when its contents may have."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, schema: str, identity: str, without: Sequence[str] = ()
    ) -> None:
        """Take schema `schema` of the database that `con` uses; columns `without` stay behind."""
        self.schema = schema
        self.identity = identity
        self._con = con
        self._con.execute("set timezone = 'UTC'")
        self.tables = tuple(_tables(self._con, schema, without))

    def close(self) -> None:
        self._con.close()

    def count(self, table: SourceTable) -> int:
        found = self._con.execute(
            f"select count(*) from {identifier(self.schema)}.{identifier(table.name)}"
        ).fetchall()
        return int(found[0][0])

    def pieces(self, table: SourceTable) -> Iterator[bytes]:
        """The rows of a table as CSV, a piece at a time: every value quoted, NULL as nothing at all."""
        import pyarrow as pa
        import pyarrow.csv as pa_csv

        written = ", ".join(f"{column.as_text} as {identifier(column.name)}" for column in table.columns)
        rows = self._con.execute(f"select {written} from {identifier(self.schema)}.{identifier(table.name)}")
        how = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
        for piece in rows.to_arrow_reader(ROWS_A_PIECE):
            sink = pa.BufferOutputStream()
            pa_csv.write_csv(piece, sink, how)
            yield sink.getvalue().to_pybytes()


def _tables(con: duckdb.DuckDBPyConnection, schema: str, without: Sequence[str]) -> Iterator[SourceTable]:
    found = con.execute(
        "select table_name, comment from duckdb_tables()"
        " where database_name = current_database() and schema_name = $1 and not internal"
        " union all select view_name, comment from duckdb_views()"
        " where database_name = current_database() and schema_name = $1 and not internal"
        " order by all",
        [schema],
    ).fetchall()
    for table, description in found:
        columns = con.execute(
            "select column_name, data_type, coalesce(comment, '') from duckdb_columns()"
            " where database_name = current_database() and schema_name = $1 and table_name = $2"
            " and not list_contains($3, column_name)"
            " order by column_index",
            [schema, table, [*without]],
        ).fetchall()
        yield SourceTable(table, description or "", tuple(SourceColumn(*column) for column in columns))


def release_source(home: Home, release_id: str | None) -> tuple[str, Source]:
    """The id and tables of a release, the current one unless named; ReleaseError where it is not whole."""
    kept = sorted(path.name for path in home.published.glob("r*") if RELEASE_ID.match(path.name))
    if release_id is None:
        if not home.current_release.exists():
            raise ReleaseError(
                "nothing was published yet", where=str(home.published), next_step="Run `milepost refresh`"
            )
        release_id = home.current_release.resolve().name
    if release_id not in kept:
        gone = any(entry["release_id"] == release_id for entry in read_history(home))
        raise ReleaseError(
            f"release {release_id} {'is no longer kept' if gone else 'does not exist'}",
            where=str(home.published),
            next_step=f"Name one of {', '.join(kept)}" if kept else "Run `milepost refresh`",
        )
    folder = home.release_folder(release_id)
    promised = json.loads((folder / MANIFEST).read_text())["database"]["sha256"]
    with (folder / DATABASE).open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != promised:
        raise ReleaseError(
            "the file is not the one that was published",
            where=str(folder / DATABASE),
            rule="a release never changes",
            next_step="Restore it from a copy, or publish again with `milepost refresh`",
        )
    return release_id, Source(_opened(folder / DATABASE), "published", found)


def _opened(file: Path) -> duckdb.DuckDBPyConnection:
    import duckdb

    try:
        return duckdb.connect(str(file), read_only=True)
    except duckdb.IOException as error:
        raise MilepostError("cannot be read just now", where=str(file)) from error


def marts_source(home: Home) -> Source:
    """The marts as they stand in the warehouse; ReleaseError before a build, else as `open_warehouse`.

    Of children, without names, and without what would find them in a partner's file.
    """
    if not home.warehouse.exists():
        raise ReleaseError(
            "nothing was built yet", where=str(home.warehouse), next_step="Run `milepost refresh`"
        )
    state = home.warehouse.stat()
    identity = literal(f"{state.st_mtime_ns} {state.st_size}")
    return Source(open_warehouse(home), "marts", identity, OF_A_FILE)
