"""What a release holds: the promise in _published.yml, the check that nothing else gets in, and the copy."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from ruamel.yaml import YAML

from ingestion.contracts.entities import load_entities
from ingestion.errors import MilepostError
from ingestion.sql_text import literal

PROMISE = Path("models/published/_published.yml")
DATABASE = "release.duckdb"
MANIFEST = "manifest.json"
# differ between two releases of the same content
RELEASE_COLUMNS = ("release_id", "created_at")
RELEASE_TABLES = ("releases",)


class ReleaseError(MilepostError):
    """The release was refused; the current one stays in force."""


@dataclass(frozen=True)
class PromisedTable:
    """One table of a release as _published.yml states it; `columns` is name -> (SQL type, description)."""

    name: str
    description: str
    columns: Mapping[str, tuple[str, str]]


def load_promise(dbt_project: Path) -> dict[str, PromisedTable]:
    """Table name -> what readers are promised; a model is known to readers by its alias, where it has one."""
    path = dbt_project / PROMISE
    return _read_promise(path, path.stat().st_mtime_ns)


@cache
def _read_promise(path: Path, _modified: int) -> dict[str, PromisedTable]:
    tables = (_promised_table(model) for model in YAML(typ="safe").load(path)["models"])
    return {table.name: table for table in tables}


def _promised_table(model: Any) -> PromisedTable:
    columns = {
        column["name"]: (column["data_type"].upper(), column["description"].strip())
        for column in model["columns"]
    }
    return PromisedTable(model["name"].removeprefix("published_"), model["description"].strip(), columns)


def direct_identifiers() -> set[str]:
    """Columns that say who a child is, by the canonical entities; none may ever be published."""
    entities = load_entities().values()
    named = {name for entity in entities for name, column in entity.columns.items() if column.pii == "direct"}
    return named | {"person_id"}


def refuse_unpromised(con: duckdb.DuckDBPyConnection, promise: Mapping[str, PromisedTable]) -> None:
    """ReleaseError unless schema published of `warehouse` is exactly what is promised, and names no child."""
    rows = con.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'warehouse' and schema_name = 'published' order by table_name, column_index"
    ).fetchall()
    built: dict[str, dict[str, str]] = {}
    for table, column, data_type in rows:
        built.setdefault(table, {})[column] = data_type
    promised = {name: {c: kind for c, (kind, _) in table.columns.items()} for name, table in promise.items()}
    problems = [
        *(f"table {table} is not promised" for table in built.keys() - promised.keys()),
        *(f"table {table} is missing" for table in promised.keys() - built.keys()),
        *(
            problem
            for t in built.keys() & promised.keys()
            for problem in _differences(t, built[t], promised[t])
        ),
        *(
            f"column {table}.{column} is a direct identifier"
            for table, columns in {**promised, **built}.items()
            for column in columns.keys() & direct_identifiers()
        ),
    ]
    if problems:
        raise ReleaseError.of(
            ReleaseError(
                problem,
                where="schema published",
                rule=f"a release holds the tables and columns of {PROMISE.name} and no identifier",
                next_step="Correct the model, or build published again",
            )
            for problem in sorted(problems)
        )


def _differences(table: str, built: Mapping[str, str], promised: Mapping[str, str]) -> list[str]:
    return [
        *(f"column {table}.{column} is not promised" for column in built.keys() - promised.keys()),
        *(f"column {table}.{column} is missing" for column in promised.keys() - built.keys()),
        *(
            f"column {table}.{column} is {built[column]}, promised is {promised[column]}"
            for column in built.keys() & promised.keys()
            if built[column] != promised[column]
        ),
    ]


def content_hash(con: duckdb.DuckDBPyConnection, promise: Mapping[str, PromisedTable]) -> str:
    """One hash of rows (in any order), columns and descriptions, blind to the release's number and time."""
    digest = hashlib.sha256()
    for name, table in sorted(promise.items()):
        digest.update(repr((name, table.description, sorted(table.columns.items()))).encode())
        if name in RELEASE_TABLES:
            continue
        columns = ", ".join(column for column in table.columns if column not in RELEASE_COLUMNS)
        # sums of two hashes of each row: as good as sorting the rows, without the sort
        sums = con.execute(
            f"select count(*), sum(hash({columns})::hugeint), sum(hash('again', {columns})::hugeint) "
            f"from warehouse.published.{name}"
        ).fetchone()
        digest.update(repr(sums).encode())
    return digest.hexdigest()


def write_contents(
    con: duckdb.DuckDBPyConnection,
    promise: Mapping[str, PromisedTable],
    folder: Path,
    about: Mapping[str, Any],
) -> dict[str, int]:
    """Write database, Parquet files and manifest into an empty folder, read-only; rows per table."""
    con.execute(f"attach {literal(str(folder / DATABASE))} as release")
    con.execute("begin")  # one commit for all: a commit per comment takes longer than the tables
    con.execute("create schema release.published")
    rows = {name: _write_table(con, table) for name, table in sorted(promise.items())}
    con.execute("commit")
    for name in rows:
        con.execute(
            f"copy release.published.{name} to {literal(str(folder / name) + '.parquet')} "
            "(format parquet, compression zstd)"
        )
    con.execute("detach release")
    tables = {
        name: {"rows": count, "file": f"{name}.parquet", "sha256": _sha256(folder / f"{name}.parquet")}
        for name, count in rows.items()
    }
    manifest = {
        **about,
        "database": {"file": DATABASE, "sha256": _sha256(folder / DATABASE)},
        "tables": tables,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    for file in folder.iterdir():
        file.chmod(0o444)
        _sync(file)
    _sync(folder)
    return rows


def _write_table(con: duckdb.DuckDBPyConnection, table: PromisedTable) -> int:
    columns = ", ".join(table.columns)
    name = f"release.published.{table.name}"
    con.execute(f"create table {name} as select {columns} from warehouse.published.{table.name} order by all")
    con.execute(f"comment on table {name} is {literal(table.description)}")
    for column, (_, description) in table.columns.items():
        con.execute(f"comment on column {name}.{column} is {literal(description)}")
    counted = con.execute(f"select count(*) from {name}").fetchone()
    return int(counted[0]) if counted else 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
