"""Releases: immutable, numbered folders of published tables, and the symlink that says which is current."""

import contextlib
import datetime as dt
import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

from ingestion.home import Home
from ingestion.lake.ledger_state import ACCEPTED
from ingestion.parquet_table import write_table
from ingestion.spill import working_database
from ingestion.sql_text import literal
from publishing.attack.refusal import refuse_what_tells
from publishing.dbt_project import DBT_PROJECT
from publishing.release_contents import (
    DATABASE,
    MANIFEST,
    ReleaseError,
    content_hash,
    load_promise,
    refuse_unpromised,
    write_contents,
)

KEPT = 3
HISTORY = "releases.jsonl"
RELEASE_ID = re.compile(r"^r\d{4,}$")
UNFINISHED = ".unfinished-"
RELEASE = {
    "release_id": "VARCHAR",
    "created_at": "TIMESTAMP",
    "notes": "VARCHAR",
    "data_as_of": "TIMESTAMP",
}


@dataclass(frozen=True)
class Release:
    """The release in force after `publish`; `is_new` is False where nothing had changed since it was made."""

    release_id: str
    folder: Path
    is_new: bool
    rows: Mapping[str, int]
    seconds: float


def prepare_release(home: Home, notes: str = "") -> str:
    """Write what dbt reads of the release to be built (reference/release, releases.parquet); its id.

    Ids count up and are never given to two different contents: an id is spent once its release was current.
    """
    history = read_history(home)
    spent = [int(entry["release_id"][1:]) for entry in history]
    release_id = f"r{max(spent, default=0) + 1:04d}"
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    row: list[Any] = [release_id, now, notes or None, _data_as_of(home)]
    past = [[entry[column] for column in RELEASE] for entry in history]
    home.reference.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 1}) as con:
        write_table(con, home.reference_file("release"), RELEASE, [row])
        write_table(con, home.reference_file("releases"), RELEASE, [*past, row])
    return release_id


def publish(home: Home, dbt_project: Path = DBT_PROJECT) -> Release:
    """Make schema published of the warehouse the current release, all at once, unless it already is.

    Whatever goes wrong, the release before stays current; the next run clears what an interrupted one left.
    """
    started = time.monotonic()
    home.published.mkdir(parents=True, exist_ok=True)
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "publish.lock"), working_database(home) as con:
        _recover(home)
        promise = load_promise(dbt_project)
        con.execute(f"attach {literal(str(home.warehouse))} as warehouse (read_only)")
        refuse_unpromised(con, promise)
        _refuse_stale_decisions(con)
        content = content_hash(con, promise)
        current = _current_manifest(home)
        if current and current["content"] == content:
            rows = {table: facts["rows"] for table, facts in current["tables"].items()}
            release_id, is_new = str(current["release_id"]), False
        else:
            about = {**_prepared(home, con), "content": content, "attack": refuse_what_tells(con, home)}
            release_id, is_new = str(about["release_id"]), True
            unfinished = home.published / f"{UNFINISHED}{release_id}"
            unfinished.mkdir()
            rows = write_contents(con, promise, unfinished, about)
            unfinished.rename(home.release_folder(release_id))
            _point_to(home, release_id)
            _record(home, about)
            _prune(home)
    folder = home.release_folder(release_id)
    return Release(release_id, folder, is_new, rows, time.monotonic() - started)


def _refuse_stale_decisions(con: duckdb.DuckDBPyConnection) -> None:
    """Every decision of disclosure control must have found the cell it was made for, with the same counts."""
    next_step = "Run `milepost refresh`, which builds everything in its order"
    try:
        made, kept = con.execute(
            "select (select count(*) from warehouse.disclosure.cell_suppression), "
            "(select count(*) from warehouse.published.indicator_values where suppression <> 'not_received')"
        ).fetchall()[0]
    except duckdb.CatalogException:
        raise ReleaseError("disclosure control has decided nothing yet", next_step=next_step) from None
    if made != kept:
        raise ReleaseError(
            f"{made - kept:,} of {made:,} decisions on what may be shown were made for other numbers",
            rule="published is built from the cells that disclosure control looked at",
            next_step=next_step,
        )


def read_history(home: Home) -> list[dict[str, Any]]:
    """Every release that was ever current, oldest first."""
    path = home.published / HISTORY
    history: list[dict[str, Any]] = []
    if path.exists():
        for line in path.read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):  # a last line torn by a kill
                history.append(json.loads(line))
    current = _current_manifest(home)
    if current and all(entry["release_id"] != current["release_id"] for entry in history):
        history.append(_entry(current))
    return history


def _prepared(home: Home, con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Number, time and notes that dbt built into the tables; refused where the number is spent."""
    row = con.execute(
        "select release_id, created_at, notes, data_as_of "
        f"from {literal(str(home.reference_file('release')))}"
    ).fetchone()
    built = con.execute("select release_id from warehouse.published.releases where is_current").fetchone()
    next_step = "Prepare a release, build published with dbt, then publish"
    if row is None or built is None or row[0] != built[0]:
        raise ReleaseError("schema published was built for another release", next_step=next_step)
    if any(entry["release_id"] == row[0] for entry in read_history(home)):
        raise ReleaseError(
            f"release {row[0]} is there already, with other content",
            where=str(home.published),
            rule="a release never changes",
            next_step=next_step,
        )
    times = [moment.isoformat() if moment else None for moment in (row[1], row[3])]
    return {"release_id": row[0], "created_at": times[0], "notes": row[2], "data_as_of": times[1]}


def _point_to(home: Home, release_id: str) -> None:
    """One rename makes `current` and `current.duckdb` the new release; readers keep what they opened."""
    _link(home.current_release, release_id)
    if not home.current_database.is_symlink():
        _link(home.current_database, f"{home.current_release.name}/{DATABASE}")


def _link(path: Path, target: str) -> None:
    temporary = path.with_name(f"{UNFINISHED}{path.name}")
    temporary.unlink(missing_ok=True)  # of a publication killed just here
    temporary.symlink_to(target)
    temporary.replace(path)


def _record(home: Home, about: Mapping[str, Any]) -> None:
    with (home.published / HISTORY).open("a") as file:
        file.write(json.dumps(_entry(about)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _entry(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {key: manifest[key] for key in ("release_id", "created_at", "notes", "data_as_of", "content")}


def _recover(home: Home) -> None:
    """Bring history and folders into line with the symlink: it alone says what has been current."""
    recorded = home.published / HISTORY
    whole = "".join(json.dumps(entry) + "\n" for entry in read_history(home))
    if whole and (not recorded.exists() or recorded.read_text() != whole):
        temporary = home.published / f"{UNFINISHED}{HISTORY}"
        temporary.write_text(whole)
        temporary.replace(recorded)
    if home.current_release.is_symlink() and not home.current_database.is_symlink():
        _link(home.current_database, f"{home.current_release.name}/{DATABASE}")
    for leftover in home.published.glob(f"{UNFINISHED}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    _prune(home)


def _prune(home: Home) -> None:
    """Keep the last three (a reader may just be opening an old one); drop what never was current."""
    kept = [entry["release_id"] for entry in read_history(home)][-KEPT:]
    for folder in home.published.iterdir():
        if RELEASE_ID.match(folder.name) and folder.name not in kept:
            shutil.rmtree(folder)


def _current_manifest(home: Home) -> dict[str, Any] | None:
    try:
        manifest: dict[str, Any] = json.loads((home.current_release / MANIFEST).read_text())
    except FileNotFoundError:
        return None
    return manifest


def _data_as_of(home: Home) -> dt.datetime | None:
    """When the last of the deliveries in force was accepted, by the snapshot a release is built from."""
    if not home.snapshot.deliveries.exists():
        return None
    with duckdb.connect(config={"threads": 1}) as con:
        (moment,) = con.execute(
            f"select max(changed_at) from {literal(str(home.snapshot.deliveries))} where state in ?",
            [[*ACCEPTED]],
        ).fetchall()[0]
    found: dt.datetime | None = moment
    return found
