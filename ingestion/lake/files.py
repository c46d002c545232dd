"""The files of the raw lake: written, kept and swapped so that a kill leaves a whole file or none."""

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from ingestion.contracts.entities import load_entities
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.sql_text import constant_text, literal

# A third smaller than what DuckDB writes unasked, in a tenth less time. A column that differs in most rows,
# such as the ids of students, is given up as a dictionary early: a sixth of the time.
SMALL_AND_FAST = "parquet_version v2, compression zstd, compression_level 1, dictionary_size_limit 5000"


def write_staged(
    con: duckdb.DuckDBPyConnection, table: str, delivery: Delivery, event: dict[str, Any], staged: Path
) -> None:
    """Write the rows of `table` as a raw file that carries the delivery's load id and ledger event."""
    staged.parent.mkdir(parents=True, exist_ok=True)
    notes = f"{{load_id: {literal(delivery.load_id)}, event: {literal(json.dumps(event))}}}"
    con.execute(
        f"copy ({raw_select(con, table, delivery)}) to {literal(str(staged))}"
        f" (format parquet, {SMALL_AND_FAST}, kv_metadata {notes})"
    )
    sync_file(staged)


def raw_select(con: duckdb.DuckDBPyConnection, table: str, delivery: Delivery) -> str:
    """A query that gives the rows of `table` the columns, order and types of the entity's raw files."""
    there = {str(name).lower() for name in con.table(table).columns}
    stated: dict[str, Any] = {
        "community_id": delivery.community,
        "partner_id": delivery.partner,
        "extract_id": delivery.extract_id,
        "school_year": delivery.school_year,
        "collection": delivery.collection,
        "_load_id": delivery.load_id,
        "_source_file": delivery.file_name,
    }
    columns = []
    for name, kind in load_entities()[delivery.entity].raw_columns.items():
        own = f'"{name}"' if name in there else "null"
        value = f"cast({own} as {kind})"
        if name in stated:
            value = _constant(str(stated[name]), kind)
        if name in there and name == "_load_id":  # rows taken over from the delivery before
            value = f"coalesce({own}, {literal(delivery.load_id)})"
        columns.append(f'{value} as "{name}"')
    return f'select {", ".join(columns)} from "{table}"'


def _constant(value: str, kind: str) -> str:
    """A value that every row has; as an enum it spares a third of the time that a narrow table takes."""
    return constant_text(value) if kind == "VARCHAR" else f"cast({literal(value)} as {kind})"


def keep_file(source: Path, kept: Path) -> None:
    """A second name for a file, or a copy where the file system has no hard links; whole or not there."""
    if kept.exists():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, kept)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        temporary = kept.with_suffix(".tmp")
        shutil.copyfile(source, temporary)
        sync_file(temporary)
        temporary.replace(kept)
    sync_folder(kept.parent)


def put_in_force(staged: Path, raw: Path) -> None:
    """The one step that readers see: the staged file takes the raw file's name."""
    raw.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged, raw)  # noqa: PTH105
    sync_folder(raw.parent)


def loaded_by(raw: Path) -> str | None:
    """The load id a raw file was written by; None where there is no file."""
    return metadata([raw])[raw].get("load_id")


def metadata(
    files: Iterable[Path], con: duckdb.DuckDBPyConnection | None = None
) -> dict[Path, dict[str, str]]:
    """What Milepost noted in each Parquet file, `load_id` and `event`; nothing for a missing file."""
    notes: dict[Path, dict[str, str]] = {path: {} for path in files}
    there = [str(path) for path in notes if path.exists()]
    if not there:
        return notes
    query = f"select file_name, key, value from parquet_kv_metadata({literal(there)})"
    with contextlib.ExitStack() as stack:
        own = con or stack.enter_context(duckdb.connect(config={"threads": 1}))
        found = own.execute(query).fetchall()
    for name, key, value in found:
        notes[Path(name)][bytes(key).decode()] = bytes(value).decode()
    return notes


def ensure_empty_files(home: Home) -> None:
    """A typed Parquet file without rows per entity, so that the warehouse builds before any delivery.

    Which columns they were made of is kept beside them: to look into a hundred of them takes 0.1 s.
    """
    entities = load_entities()
    shapes = json.dumps({name: entity.raw_columns for name, entity in entities.items()})
    made_of = home.raw / "empty.json"
    if (
        made_of.exists()
        and made_of.read_text() == shapes
        and all(home.empty_raw_file(name).exists() for name in entities)
    ):
        return
    with duckdb.connect(config={"threads": 1}) as con:
        for entity in entities.values():
            target = home.empty_raw_file(entity.entity)
            columns = ", ".join(f'null::{kind} as "{name}"' for name, kind in entity.raw_columns.items())
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f"empty.{os.getpid()}.tmp")
            con.execute(f"copy (select {columns} where false) to {literal(str(temporary))} (format parquet)")
            temporary.replace(target)
    temporary = made_of.with_name(f"empty.{os.getpid()}.tmp")
    temporary.write_text(shapes)
    temporary.replace(made_of)


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
