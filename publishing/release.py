"""Making a release: what dbt reads of it before it builds, and the tables as an immutable folder."""

import datetime as dt
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
from ingestion.warehouse_file import attach_warehouse
from publishing.access_log import record_access
from publishing.attack.refusal import refuse_what_tells
from publishing.dbt_project import DBT_PROJECT
from publishing.outgoing import check_outgoing
from publishing.release_contents import ReleaseError, content_hash, load_promise, refuse_unpromised
from publishing.release_files import write_contents
from publishing.release_history import (
    UNFINISHED,
    current_manifest,
    point_to,
    prune,
    read_history,
    record,
    recover,
    withdrawals,
)
from publishing.release_inputs import write_inputs
from publishing.released import keep_released, prune_released
from publishing.shown_values import ensure_shown_values, record_shown_values
from publishing.withdrawal import refuse_withdrawn

RELEASE = {
    "release_id": "VARCHAR",
    "created_at": "TIMESTAMP",
    "notes": "VARCHAR",
    "data_as_of": "TIMESTAMP",
}
WITHDRAWN = "withdrawn_releases"
RELEASES = {**RELEASE, "withdrawn_at": "TIMESTAMP", "withdrawal_reason": "VARCHAR"}


@dataclass(frozen=True)
class Release:
    """The release in force after `publish`; `is_new` is False where nothing had changed since it was made.

    `warnings` are what the outgoing gate tells of without stopping the release, in sentences.
    """

    release_id: str
    folder: Path
    is_new: bool
    rows: Mapping[str, int]
    seconds: float
    warnings: tuple[str, ...] = ()


def prepare_release(
    home: Home, notes: str = "", code: str = "", entities: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """Write what dbt reads of the release to be built (reference/release*.parquet); its id.

    Ids count up and are never given to two different contents: an id is spent once its release was current.
    `code` and `entities` are those of `write_inputs`.
    """
    history, gone = read_history(home), sorted(withdrawals(home))
    spent = [int(spent[1:]) for spent in (*(entry["release_id"] for entry in history), *gone)]
    release_id = f"r{max(spent, default=0) + 1:04d}"
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "publish.lock"):
        if not record_shown_values(home):
            ensure_shown_values(home)
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    row: list[Any] = [release_id, now, notes or None, _data_as_of(home)]
    past = [[entry[column] for column in RELEASES] for entry in history]
    home.reference.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": 1}) as con:
        write_table(con, home.reference_file("release"), RELEASE, [row])
        write_table(con, home.reference_file("releases"), RELEASES, [*past, [*row, None, None]])
        withdrawn = [[release] for release in gone]
        write_table(con, home.reference_file(WITHDRAWN), {"release_id": "VARCHAR"}, withdrawn)
        write_inputs(con, home, code, entities or {})
    return release_id


def publish(home: Home, dbt_project: Path = DBT_PROJECT) -> Release:
    """Make schema published of the warehouse the current release, all at once, unless it already is.

    What the outgoing gate or the attack finds wrong stops it (ReleaseError). Whatever goes wrong, the release
    before stays current; the next run clears what an interrupted one left.
    """
    started = time.monotonic()
    warnings: tuple[str, ...] = ()
    home.published.mkdir(parents=True, exist_ok=True)
    home.locks.mkdir(parents=True, exist_ok=True)
    with FileLock(home.locks / "publish.lock"), working_database(home) as con:
        recover(home)
        promise = load_promise(dbt_project)
        attach_warehouse(con, home)
        refuse_unpromised(con, promise)
        _refuse_stale_decisions(con)
        content = content_hash(con, promise)
        current = current_manifest(home)
        if current and current["content"] == content:
            rows = {table: facts["rows"] for table, facts in current["tables"].items()}
            release_id, is_new = str(current["release_id"]), False
        else:
            refuse_withdrawn(con, home, content)
            prepared = _prepared(home, con)
            release_id, is_new = str(prepared["release_id"]), True
            checked = check_outgoing(con, home, promise)
            warnings = checked.warnings
            attacked = refuse_what_tells(con, home)
            about = {**prepared, "content": content, "attack": attacked.facts()}
            unfinished = home.published / f"{UNFINISHED}{release_id}"
            unfinished.mkdir()
            checked.write(con, unfinished)
            rows = write_contents(con, promise, unfinished, about)
            keep_released(con, home, release_id, attacked.units)
            unfinished.rename(home.release_folder(release_id))
            # before it is current: what cannot be recorded is not released
            record_access(home, "release", release=release_id, rows=sum(rows.values()))
            point_to(home, release_id)
            record(home, about)
            record_shown_values(home)
            prune(home)
            prune_released(home)
    folder = home.release_folder(release_id)
    return Release(release_id, folder, is_new, rows, time.monotonic() - started, warnings)


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
    known = con.execute(f"select release_id from {literal(str(home.reference_file(WITHDRAWN)))}").fetchall()
    if {release for (release,) in known} != withdrawals(home).keys():
        raise ReleaseError(
            "a release was withdrawn while this one was made",
            where=str(home.published),
            rule="What a release says of the others, and what it is held at, holds when it goes out",
            next_step="Run `milepost refresh` again",
        )
    times = [moment.isoformat() if moment else None for moment in (row[1], row[3])]
    return {"release_id": row[0], "created_at": times[0], "notes": row[2], "data_as_of": times[1]}


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
