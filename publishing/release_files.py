"""The files of a release: database, Parquet and CSV by table, their description, and the manifest of hashes.

Rows are in the order of all columns and the Parquet writer has one thread, so the same rows are the same
bytes, whatever home they were built in. The bytes of the DuckDB file may differ; its rows do not.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from ingestion.spreadsheets import neutral_sql
from ingestion.sql_text import literal
from publishing.data_package import data_package
from publishing.release_contents import DATABASE, MANIFEST, PACKAGE, PromisedTable

PARQUET = "format parquet, compression zstd, compression_level 3, row_group_size 122880"
CSV = "format csv, header, timestampformat '%Y-%m-%dT%H:%M:%SZ'"
MATURITIES = (
    "select community_id, school_year, collection, data_maturity from release.published.school_years"
    " order by all"
)


def write_contents(
    con: duckdb.DuckDBPyConnection,
    promise: Mapping[str, PromisedTable],
    folder: Path,
    about: Mapping[str, Any],
) -> dict[str, int]:
    """Write all files of a release from schema published of `warehouse`, read-only; rows per table.

    What is in the folder already (the results of the gate) is told of in the manifest too.
    """
    con.execute(f"attach {literal(str(folder / DATABASE))} as release")
    con.execute("begin")  # one commit for all: a commit per comment takes longer than the tables
    con.execute("create schema release.published")
    rows = {name: _write_table(con, table) for name, table in sorted(promise.items())}
    con.execute("commit")
    threads = con.execute("select current_setting('threads')").fetchall()[0][0]
    con.execute("set threads = 1")
    for name in rows:
        _write_files(con, promise[name], folder)
    con.execute(f"set threads = {threads}")
    maturities = con.execute(MATURITIES).fetchall()
    con.execute("detach release")
    tables = {name: _table_facts(folder, name, count) for name, count in rows.items()}
    package = data_package(promise, about, tables)
    (folder / PACKAGE).write_text(json.dumps(package, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    others = [path.name for path in sorted(folder.iterdir()) if path.suffix not in (".parquet", ".csv")]
    of_tables = {facts["file"] for facts in tables.values()}
    others += [p.name for p in sorted(folder.glob("*.parquet")) if p.name not in of_tables]
    manifest = {
        **about,
        "data_maturity": [
            dict(zip(("community_id", "school_year", "collection", "data_maturity"), row, strict=True))
            for row in maturities
        ],
        "database": {"file": DATABASE, "sha256": sha256(folder / DATABASE)},
        "tables": tables,
        "files": {name: sha256(folder / name) for name in others if name != DATABASE},
    }
    (folder / MANIFEST).write_text(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    for file in folder.iterdir():
        file.chmod(0o444)
        sync(file)
    sync(folder)
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


def _write_files(con: duckdb.DuckDBPyConnection, table: PromisedTable, folder: Path) -> None:
    source, path = f"release.published.{table.name}", str(folder / table.name)
    con.execute(f"copy (from {source} order by all) to {literal(path + '.parquet')} ({PARQUET})")
    columns = ", ".join(
        f"{neutral_sql(name)} as {name}" if kind == "VARCHAR" else name
        for name, (kind, _) in table.columns.items()
    )
    sql = f"select {columns} from (from {source} order by all)"
    con.execute(f"copy ({sql}) to {literal(path + '.csv')} ({CSV})")


def _table_facts(folder: Path, name: str, rows: int) -> dict[str, Any]:
    csv = folder / f"{name}.csv"
    return {
        "rows": rows,
        "file": f"{name}.parquet",
        "sha256": sha256(folder / f"{name}.parquet"),
        "csv": {"file": csv.name, "sha256": sha256(csv), "bytes": csv.stat().st_size},
    }


def sha256(path: Path) -> str:
    """Hex digits of a file's hash."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
