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

from ingestion.errors import MilepostError
from ingestion.sql_text import identifier, literal
from ingestion.state_ids import MOST_STUDENTS, is_nobodys, is_placeholder

# why a child is out; a state id that is nobody's stands on the list so that nobody is found by it
Kind = Literal["opt_out", "purged", "nobodys"]
NOBODYS: Kind = "nobodys"
_MORE: dict[Kind, int] = {"opt_out": 0, "purged": 1, "nobodys": 2}  # what a later line may change
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
    """Where children are told of in a table: whose rows they are, and the columns of their numbers.

    `year` is SQL for the school year of a row; `where` is the file, for people to read.
    """

    table: str
    community: str
    partner: str
    student: str
    state_id: str | None = None
    year: str = "null"
    where: str = ""


class SharedStateId(MilepostError):
    """More than two children of a partner carry a listed state id; who of them is meant nobody knows."""

    def __init__(self, hash_of_it: str, partner: str, n_children: int, where: str) -> None:
        super().__init__(
            f"{n_children} children of {partner} carry a state id of a child who is left out",
            where=where,
            rule=f"An id that more than {MOST_STUDENTS} share identifies nobody, so nothing was done",
            next_step="Ask the partner whose id it is. Is one of them to be left out: `milepost opt-outs add"
            f" --partner {partner} --student NUMBER`. If none is: `milepost opt-outs remove"
            f" --shared {hash_of_it}`",
        )


Carriers = dict[tuple[str, str, str], set[str]]  # hash of a state id, partner and school year: its students
Shared = frozenset[tuple[str, str]]  # hash of a state id, and a partner at which it is nobody's


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

    @property
    def entries(self) -> list[Entry]:
        """Every line, once for each hash."""
        return [*self._entries.values()]

    def kept_nowhere(self, *, children: bool = True) -> Withheld:
        """A copy to try something out on; without `children` it only knows which ids are nobody's."""
        copy = Withheld(None, self._secret)
        copy.add(entry for entry in self.entries if children or entry.kind == NOBODYS)
        return copy

    def entry(self, *parts: str) -> Entry | None:
        """The line of a number, if a child on the list goes by it."""
        entry = self._entries.get(self.hash_of(*parts))
        return entry if entry and entry.kind != NOBODYS else None

    def hash_of(self, *parts: str) -> str:
        """The keyed hash of a number: STUDENT, partner, number, or STATE_ID, community, number."""
        return hmac.digest(self._secret, "|".join(parts).encode(), "sha256").hex()[:_LENGTH]

    def add(self, entries: Iterable[Entry]) -> int:
        """Add lines for good, on disk before this returns; how many were new or say more than before."""
        with self._adding:
            new = [entry for entry in entries if self._says_more(entry)]
            if new:
                if self._file:
                    _append(self._file, new)
                self._entries |= {entry.hash: entry for entry in new}
        return len(new)

    def _says_more(self, entry: Entry) -> bool:
        known = self._entries.get(entry.hash)
        return known is None or _MORE[known.kind] < _MORE[entry.kind]

    def find(
        self,
        con: duckdb.DuckDBPyConnection,
        rows: Rows,
        shared: Shared = frozenset(),
        carriers: Carriers | None = None,
    ) -> dict[str, Kind]:
        """Make temp table withheld_child (student) of the children in `rows` on the list; kind of each.

        Who goes by a listed state id is added to the list with the number it has here, and the other way
        round: the next file may tell one of them alone. A state id that is nobody's (a placeholder, one that
        more than two children of the partner carry in a year, one in `shared`) leads from nobody to nobody:
        of its children those are found who are listed by their own numbers. SharedStateId, before anything is
        added, where the id is on the list and none of them is. Who carries listed ids is added to `carriers`.
        """
        con.execute(f"create or replace temp table {FOUND} (student varchar)")
        if not self:
            return {}
        found = self._by_number(con, rows)
        if rows.state_id:
            self._make_carriers(con, rows, [*found])
            self._refuse_shared(con, rows, shared)
            by_state = self._by_state_id(con, rows, shared, carriers)
            self._extend(con, rows, found, by_state, shared)
            found = by_state | found
        if found:
            con.execute(f"insert into {FOUND} select unnest($1::varchar[])", [[*found]])
        return {number: entry.kind for number, entry in found.items()}

    def _by_number(self, con: duckdb.DuckDBPyConnection, rows: Rows) -> dict[str, Entry]:
        """Number at the partner and line of each child whose own number is on the list."""
        listed = con.execute(
            f"select student, {_mac(STUDENT, rows.partner, 'student')} as mac from "
            f"(select distinct {identifier(rows.student)}::varchar as student from {rows.table}) "
            f"where student is not null and mac in (select unnest($hashes::varchar[]))",
            self._hashes(),
        ).fetchall()
        return {number: self._entries[mac] for number, mac in listed}

    def _make_carriers(self, con: duckdb.DuckDBPyConnection, rows: Rows, known: list[str]) -> None:
        """Temp table carrier: students with their state ids by year, and of each id whether it is nobody's.

        An id of several `known` children alone is theirs: a partner may give one child many numbers.
        """
        assert rows.state_id
        con.execute(
            f"""
            create or replace temp table carrier as
            with told as (
                select distinct {identifier(rows.student)}::varchar as student,
                    trim({identifier(rows.state_id)}::varchar) as state_id,
                    coalesce(({rows.year})::varchar, '') as school_year
                from {rows.table}
                where student is not null and state_id <> ''
            ),
            years as (
                select state_id, school_year, count(distinct student) as n_students,
                    count(distinct student) filter (student in (select unnest($1::varchar[]))) as n_known
                from told
                group by all
            ),
            nobodys as (
                select state_id, max(n_students) as n_students, max(n_known) as n_known
                from years
                where {is_nobodys("state_id", "if(n_known = n_students, 1, n_students)")}
                group by state_id
            )
            select told.*, nobodys.state_id is not null as is_nobodys, n_students, n_known
            from told left join nobodys using (state_id)
            """,
            [known],
        )

    def _refuse_shared(self, con: duckdb.DuckDBPyConnection, rows: Rows, shared: Shared) -> None:
        """SharedStateId where a listed id has so many children that it could be any of them."""
        found = con.execute(
            f"select {_mac(STATE_ID, rows.community, 'state_id')} as mac, n_students from carrier "
            f"where is_nobodys and n_known = 0 and not {is_placeholder('state_id')} "
            f"and mac in (select unnest($hashes::varchar[])) order by all",
            self._hashes(),
        ).fetchall()
        for mac, n_students in found:
            if (mac, rows.partner) not in shared:
                raise SharedStateId(mac, rows.partner, n_students, rows.where)

    def _by_state_id(
        self, con: duckdb.DuckDBPyConnection, rows: Rows, shared: Shared, carriers: Carriers | None
    ) -> dict[str, Entry]:
        """Number at the partner and line of each child whose state id is on the list."""
        listed = con.execute(
            f"select student, school_year, {_mac(STATE_ID, rows.community, 'state_id')} as mac from carrier "
            f"where not is_nobodys and mac in (select unnest($hashes::varchar[])) order by all",
            self._hashes(),
        ).fetchall()
        if carriers is not None:
            for number, year, mac in listed:
                carriers.setdefault((mac, rows.partner, year), set()).add(number)
        return {number: self._entries[mac] for number, _, mac in listed if (mac, rows.partner) not in shared}

    def _hashes(self) -> dict[str, object]:
        inner, outer = _pads(self._secret)
        hashes = [entry.hash for entry in self.entries if entry.kind != NOBODYS]
        return {"inner": inner, "outer": outer, "hashes": hashes}

    def _extend(
        self,
        con: duckdb.DuckDBPyConnection,
        rows: Rows,
        by_number: dict[str, Entry],
        by_state: dict[str, Entry],
        shared: Shared,
    ) -> None:
        """Add numbers of children found by their state ids, and state ids of those found otherwise."""
        state_ids = con.execute(
            "select distinct student, state_id from carrier "
            "where not is_nobodys and student in (select unnest($1::varchar[]))",
            [[*by_number]],
        ).fetchall()
        told = [(by_number[number], (STATE_ID, rows.community, text)) for number, text in state_ids]
        told = [one for one in told if (self.hash_of(*one[1]), rows.partner) not in shared]
        told += [(entry, (STUDENT, rows.partner, number)) for number, entry in by_state.items()]
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


def _mac(kind: str, whose: str, number: str) -> str:
    """SQL for the hash of a column of numbers, with $inner and $outer."""
    text = f"{literal(f'{kind}|{whose}|')} || {number}"
    return f"left(sha256($outer || unhex(sha256($inner || encode({text})))), {_LENGTH})"


def _pads(secret: bytes) -> tuple[bytes, bytes]:
    """What HMAC (RFC 2104) puts before the text and before the inner hash, for blocks of 64 bytes."""
    key = secret.ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)
