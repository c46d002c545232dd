"""Numbers, names and birth dates as they may be written into a file, looked for in bytes and in rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import duckdb

from ingestion.sql_text import literal

_NEAR = 400  # bytes on either side of a last name in which first name and birth date are looked for
_LETTERS = b"0123456789abcdefghijklmnopqrstuvwxyz"


class Texts:
    """Numbers and people as they may be written into a file."""

    def __init__(self, numbers: Iterable[str], people: Iterable[tuple[str, str, str]]) -> None:
        self._numbers = [*numbers]
        self._people = [person for person in people if all(person)]
        self._words = [w for n in self._numbers for w in _written(n)]
        self._near = [
            (last, [*_written(first)], [w for d in _dates(birth) for w in _written(d)])
            for first, name, birth in self._people
            for last in _written(name)
        ]

    def stand_in_bytes(self, data: bytes) -> bool:
        """Whether they stand in a piece of a file."""
        lower = data.lower()
        if any(_has_word(lower, word) for word in self._words):
            return True
        return any(self._together(lower, *person) for person in self._near)

    def stand_in_rows(self, con: duckdb.DuckDBPyConnection, table: str) -> bool:
        """Whether they stand in a row of a table."""
        conditions = []
        if self._numbers:
            listed = "|".join(re.escape(number.lower()) for number in self._numbers)
            conditions.append(f"regexp_matches(line, {literal(f'(^|[^0-9a-z])({listed})($|[^0-9a-z])')})")
        for first, last, birth in self._people:
            dates = " or ".join(f"contains(line, {literal(date)})" for date in _dates(birth))
            names = [f"contains(line, {literal(name.lower())})" for name in (first, last)]
            conditions.append(f"({' and '.join(names)} and ({dates}))")
        lines = f"(select lower(one::varchar) as line from {table} as one)"
        wanted = " or ".join(conditions) or "false"
        row = con.execute(f"select exists (from {lines} where {wanted})").fetchone()
        return bool(row and row[0])

    @staticmethod
    def _together(data: bytes, last: bytes, firsts: list[bytes], dates: list[bytes]) -> bool:
        place = data.find(last)
        while place >= 0:
            window = data[max(0, place - _NEAR) : place + _NEAR]
            if any(first in window for first in firsts) and any(date in window for date in dates):
                return True
            place = data.find(last, place + 1)
        return False


def _written(text: str) -> Iterator[bytes]:
    """A text in the encodings of partners' files, in lower case."""
    folded = text.strip().lower()
    found = {folded.encode(), folded.encode("utf-16-le")}
    if not folded.isascii():
        found |= {text.strip().encode(), folded.encode("latin-1", "ignore")}
    yield from (one for one in found if one)


def _dates(iso: str) -> tuple[str, ...]:
    """A day as files write it."""
    year, month, day = iso.split("-")
    plain = {f"{month}/{day}/{year}", f"{int(month)}/{int(day)}/{year}", f"{day}.{month}.{year}"}
    return (iso, f"{year}{month}{day}", *sorted(plain))


def _has_word(data: bytes, word: bytes) -> bool:
    """Whether a word stands there, and not as a part of a longer one."""
    place = data.find(word)
    step = 2 if word[1:2] == b"\0" else 1
    while place >= 0:
        before = data[place - step : place - step + 1] if place >= step else b""
        end = place + len(word)
        after = data[end : end + 1]
        if (not before or before not in _LETTERS) and (not after or after not in _LETTERS):
            return True
        place = data.find(word, place + 1)
    return False
