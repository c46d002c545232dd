"""Rows of children who are left out, taken out of every file of the lake and of what was held back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.contracts.entities import load_entities
from ingestion.home import Home
from ingestion.lake.delivery import Delivery
from ingestion.lake.files import SMALL_AND_FAST, metadata, put_in_force
from ingestion.lake.lake import lake_lock
from ingestion.lake.ledger import Ledger
from ingestion.spill import working_database
from ingestion.sql_text import identifier, literal
from ingestion.state_ids import MOST_STUDENTS
from ingestion.withheld import FOUND, STUDENT, Carriers, Kind, Rows, Shared, SharedStateId, Withheld

PLACES = ("raw", "superseded", "quarantine")


@dataclass(frozen=True)
class Concerned:
    """A file of the lake that tells of withheld children: in how many of its rows, and why they are out.

    `shared` are the listed state ids by which nobody was found in any file of a partner.
    """

    place: str
    path: Path
    delivery: Delivery
    n_rows: int
    n_withheld: int
    kinds: frozenset[Kind]
    sha256: str
    shared: Shared


def keep_out(home: Home, withheld: Withheld) -> int:
    """Take out rows of all who are on the list, unless that was done since it changed; how many files.

    The caller holds the loading of deliveries, or a load that began before would bring one of them back.
    SharedStateId, and nothing is written, where it cannot be told who is meant.
    """
    version = home.kept_out.read_text() if home.kept_out.exists() else ""
    if not withheld or version == withheld.version:
        return 0
    n_files = 0
    with working_database(home) as con:
        for concerned in concerned_files(home, withheld, con):
            redact(home, concerned, withheld, con)
            n_files += 1
    home.kept_out.write_text(withheld.version)
    return n_files


def concerned_files(home: Home, withheld: Withheld, con: duckdb.DuckDBPyConnection) -> list[Concerned]:
    """Each file of the lake that tells of a withheld child, once `withheld` knows all their numbers there.

    All files are gone through until none adds a number, since one may say what another is found by. A state
    id that is carried by more than two children of a partner over all files of a year is nobody's there.
    SharedStateId, and nothing is added to the list, where it cannot be told who is meant.
    """
    shared: Shared = frozenset()
    trial = withheld.kept_nowhere()
    while True:
        version, carriers = trial.version, Carriers()
        found = _gone_through(home, trial, con, shared, carriers)
        if more := _shared_in(carriers, withheld) - shared:
            shared, trial = shared | more, withheld.kept_nowhere()
        elif trial.version == version:
            withheld.add(trial.entries)
            return found


def _gone_through(
    home: Home, withheld: Withheld, con: duckdb.DuckDBPyConnection, shared: Shared, carriers: Carriers
) -> list[Concerned]:
    by_id = {state.load_id: state.delivery for state in Ledger(home.ledger).state()}
    concerned = []
    for place, path, load_id in files_of_lake(home):
        delivery = by_id.get(load_id)
        rows = _rows_of(path, delivery, con) if delivery else None
        if rows is None:
            continue
        assert delivery is not None
        if found := withheld.find(con, rows, shared, carriers):
            student = f"{identifier(rows.student)}::varchar"
            counts = con.execute(
                f"select count(*), count(*) filter ({student} in (select student from {FOUND})) "
                f"from {rows.table}"
            ).fetchone()
            assert counts is not None
            n_rows, n_withheld = counts
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            kinds = frozenset(found.values())
            concerned.append(Concerned(place, path, delivery, n_rows, n_withheld, kinds, digest, shared))
    return concerned


def _shared_in(carriers: Carriers, withheld: Withheld) -> Shared:
    """The state ids of more than two children of a partner and year; SharedStateId where none is known."""
    too_many = {key: students for key, students in carriers.items() if len(students) > MOST_STUDENTS}
    for (mac, partner, year), students in sorted(too_many.items()):
        if not any(withheld.entry(STUDENT, partner, student) for student in students):
            raise SharedStateId(mac, partner, len(students), f"files of {year}")
    return frozenset((mac, partner) for mac, partner, _ in too_many)


def redact(home: Home, file: Concerned, withheld: Withheld, con: duckdb.DuckDBPyConnection) -> None:
    """Write a file anew without the withheld children, as the ledger says first; killed, it is as before."""
    with lake_lock(home):
        rows = _rows_of(file.path, file.delivery, con)
        if rows is None or not withheld.find(con, rows, file.shared):
            return  # it came out of force meanwhile
        if file.place == "raw":
            event = file.delivery.event("redacted", rows=file.n_rows - file.n_withheld)
            Ledger(home.ledger).append(event)
        notes = metadata([file.path], con)[file.path]
        kept = ", ".join(f"{identifier(key)}: {literal(value)}" for key, value in notes.items())
        with_notes = f", kv_metadata {{{kept}}}" if kept else ""
        draft = file.path.with_suffix(f".{os.getpid()}.tmp")
        student = f"{identifier(rows.student)}::varchar"
        con.execute(
            f"copy (select * from {rows.table} where {student} is null or {student} not in "
            f"(select student from {FOUND})) to {literal(str(draft))} "
            f"(format parquet, {SMALL_AND_FAST}{with_notes})"
        )
        put_in_force(draft, file.path)


def files_of_lake(home: Home) -> Iterator[tuple[str, Path, str]]:
    """Place, file and load id of all that may hold rows of children."""
    raw = sorted(home.raw.glob("*/*/*.parquet"))
    notes = metadata(raw)
    yield from (("raw", path, notes[path].get("load_id", "")) for path in raw)
    yield from (("superseded", path, path.stem) for path in sorted(home.superseded.glob("*.parquet")))
    yield from (("quarantine", path, path.stem) for path in sorted(home.quarantine.glob("*/*.parquet")))


def _rows_of(path: Path, delivery: Delivery, con: duckdb.DuckDBPyConnection) -> Rows | None:
    """Where children are told of in a file; None where it is gone, or tells of none."""
    entity = load_entities()[delivery.entity]
    if entity.child_column is None or not path.exists():
        return None
    table = f"read_parquet({literal(str(path))})"
    columns = {name for name, *_ in con.execute(f"describe from {table}").fetchall()}
    if entity.child_column not in columns:
        return None
    state_id = entity.state_id_column if entity.state_id_column in columns else None
    year, where = literal(str(delivery.school_year)), delivery.file_name
    return Rows(table, delivery.community, delivery.partner, entity.child_column, state_id, year, where)
