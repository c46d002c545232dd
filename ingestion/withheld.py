"""Children who are left out of everything, known by keyed hashes alone, and the rows that tell of them."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import duckdb

from ingestion.sql_text import identifier, literal

Kind = Literal["opt_out", "purged"]
STUDENT, STATE_ID = "student", "state id"
FOUND = "withheld_child"  # the table that `find` makes
_LENGTH = 32  # hexadecimal digits of a hash: 128 bits


@dataclass(frozen=True)
class Entry:
    """A line of the list: the hash of a number that a child goes by. Those of one child share `child`."""

    hash: str
    kind: Kind
    child: str
    community: str
    at: str


@dataclass(frozen=True)
class Rows:
    """Where children are told of in a table: whose rows they are, and the columns of their numbers."""

    table: str
    community: str
    partner: str
    student: str
    state_id: str | None = None


class Withheld:
    """The list of a home with the secret that its hashes are keyed with; threads may share it.

    A number is hashed with the partner that gives it, a state id with the community, by HMAC-SHA-256: without
    the secret nobody can tell whether a number is on the list, however few numbers there are.
    """

    def __init__(self, file: Path | None, secret: bytes) -> None:
        """`file` is None for a list that is kept nowhere, to see whom it would concern."""
        self._file, self._secret = file, secret
        self._entries = {entry.hash: entry for entry in read_entries(file)} if file else {}
        self._adding = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._entries)

    @property
    def version(self) -> str:
        """What changes with the list."""
        return version_of(self._entries.values())

    def entry(self, *parts: str) -> Entry | None:
        """The line of a number, if it is on the list."""
        return self._entries.get(self.hash_of(*parts))

    def hash_of(self, *parts: str) -> str:
        """The keyed hash of a number: STUDENT, partner, number, or STATE_ID, community, number."""
        return hmac.digest(self._secret, "|".join(parts).encode(), "sha256").hex()[:_LENGTH]

    def add(self, entries: Iterable[Entry]) -> int:
        """Add lines for good, on disk before this returns; how many were new or are purged from now on."""
        with self._adding:
            new = [entry for entry in entries if self._says_more(entry)]
            if new:
                if self._file:
                    _append(self._file, new)
                self._entries |= {entry.hash: entry for entry in new}
        return len(new)

    def _says_more(self, entry: Entry) -> bool:
        known = self._entries.get(entry.hash)
        return known is None or (known.kind, entry.kind) == ("opt_out", "purged")

    def find(self, con: duckdb.DuckDBPyConnection, rows: Rows) -> dict[str, Kind]:
        """Make temp table withheld_child (student) of the children in `rows` on the list; kind of each.

        Who goes by a listed state id is added to the list with the number it has here, and the other way
        round: the next file may tell one of them alone.
        """
        con.execute(f"create or replace temp table {FOUND} (student varchar)")
        if not self:
            return {}
        by_number = self._matches(con, rows, rows.student, (STUDENT, rows.partner))
        found = {number: entry for number, _, entry in by_number}
        if rows.state_id:
            by_state = self._matches(con, rows, rows.state_id, (STATE_ID, rows.community))
            self._extend(con, rows, by_number, by_state)
            found |= {number: entry for number, _, entry in by_state if number not in found}
        if found:
            con.execute(f"insert into {FOUND} select unnest($1::varchar[])", [[*found]])
        return {number: entry.kind for number, entry in found.items()}

    def _matches(
        self, con: duckdb.DuckDBPyConnection, rows: Rows, column: str, kind: tuple[str, str]
    ) -> list[tuple[str, str, Entry]]:
        """Number at the partner, what was looked up, and the line of it, of each child found by a column."""
        inner, outer = _pads(self._secret)
        text = f"{literal('|'.join(kind) + '|')} || told"
        mac = f"left(sha256($outer || unhex(sha256($inner || encode({text})))), {_LENGTH})"
        student = f"{identifier(rows.student)}::varchar"
        told = f"trim({identifier(column)}::varchar)" if column == rows.state_id else student
        found = con.execute(
            f"select student, told, mac from (select student, told, {mac} as mac from (select distinct "
            f"{student} as student, {told} as told from {rows.table} where {identifier(column)} is not null "
            f"and {student} is not null)) where mac in (select unnest($hashes::varchar[]))",
            {"inner": inner, "outer": outer, "hashes": [*self._entries]},
        ).fetchall()
        return [(number, text, self._entries[mac]) for number, text, mac in found]

    def _extend(
        self,
        con: duckdb.DuckDBPyConnection,
        rows: Rows,
        by_number: list[tuple[str, str, Entry]],
        by_state: list[tuple[str, str, Entry]],
    ) -> None:
        """Add numbers of children found by their state ids, and state ids of those found otherwise."""
        assert rows.state_id
        known = {number: entry for number, _, entry in by_number}
        state_ids = con.execute(
            f"select distinct {identifier(rows.student)}::varchar, "
            f"trim({identifier(rows.state_id)}::varchar) from {rows.table} "
            f"where {identifier(rows.student)}::varchar in (select unnest($1::varchar[])) "
            f"and trim({identifier(rows.state_id)}::varchar) <> ''",
            [[*known]],
        ).fetchall()
        told = [(known[number], (STATE_ID, rows.community, text)) for number, text in state_ids]
        told += [(entry, (STUDENT, rows.partner, number)) for number, _, entry in by_state]
        self.add(
            Entry(self.hash_of(*parts), entry.kind, entry.child, entry.community, entry.at)
            for entry, parts in told
        )


def read_entries(file: Path) -> list[Entry]:
    """Every line of the list; of one hash the last counts. A last line torn by a kill is not there."""
    if not file.exists():
        return []
    whole = file.read_text().rpartition("\n")[0].splitlines()
    return [*{(entry := Entry(**json.loads(line))).hash: entry for line in whole}.values()]


def version_of(entries: Iterable[Entry]) -> str:
    """What changes with the list."""
    return hashlib.sha256("\n".join(sorted(entry.hash for entry in entries)).encode()).hexdigest()[:16]


def rewrite_entries(file: Path, entries: Iterable[Entry]) -> None:
    """The list anew, whole or as it was."""
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    _append(draft, [*entries])
    draft.replace(file)


def _append(file: Path, entries: list[Entry]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(asdict(entry)) + "\n" for entry in entries)
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as written:
        content = written.read()
        if content and not content.endswith(b"\n"):  # a kill tore the last line
            written.truncate(content.rfind(b"\n") + 1)
        written.write(text.encode())
        written.flush()
        os.fsync(written.fileno())


def _pads(secret: bytes) -> tuple[bytes, bytes]:
    """What HMAC (RFC 2104) puts before the text and before the inner hash, for blocks of 64 bytes."""
    key = secret.ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)
