"""Numbers, names and birth dates as they may be written into a file, looked for in bytes and in rows."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator

import duckdb

from ingestion.sql_text import literal

_NEAR = 400  # bytes on either side of a last name in which first name and birth date are looked for
_JSON_ESCAPE = re.compile(rb"\\u([0-9a-fA-F]{4})")
_XML_REFERENCE = re.compile(rb"&#(?:(x)([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_EXCEL = (dt.date(1899, 12, 30), dt.date(1904, 1, 1))  # what workbooks of Windows and of old Macs count from
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_LETTERS = b"0123456789abcdefghijklmnopqrstuvwxyz"


class Texts:
    """Numbers and people as they may be written into a file."""

    def __init__(self, numbers: Iterable[str], people: Iterable[tuple[str, str, str]]) -> None:
        self._numbers = [*numbers]
        self._people = [person for person in people if all(person)]
        self._words = [w for n in self._numbers for w in _written(n)]
        self._near = [
            (last, [*_written(first)], [w for d in dates(birth) for w in _written(d)])
            for first, name, birth in self._people
            for last in _written(name)
        ]

    def stand_in_bytes(self, data: bytes) -> bool:
        """Whether they stand in a piece of a file."""
        return any(self._stand_in(text.lower()) for text in _read_as_text(data))

    def _stand_in(self, lower: bytes) -> bool:
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
            days = " or ".join(f"contains(line, {literal(day)})" for day in dates(birth))
            names = [
                f"contains(line, {literal(unicodedata.normalize('NFC', name).lower())})"
                for name in (first, last)
            ]
            conditions.append(f"({' and '.join(names)} and ({days}))")
        lines = f"(select lower(nfc_normalize(one::varchar)) as line from {table} as one)"
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
    """A text in the encodings of partners' files, as bytes of which A to Z are in lower case.

    Letters with accents are one sign or two, small or large: bytes tell them apart.
    """
    plain = text.strip()
    forms = (unicodedata.normalize("NFC", plain), unicodedata.normalize("NFD", plain))
    found = set()
    for one in {case for form in forms for case in (form, form.lower(), form.upper())}:
        found |= {one.encode().lower(), one.encode("utf-16-le").lower()}
        with contextlib.suppress(UnicodeEncodeError):
            found.add(one.encode("cp1252").lower())
    yield from (one for one in found if one)


def _read_as_text(data: bytes) -> Iterator[bytes]:
    """Bytes as they are, and with what JSON, XML and UTF-32 write otherwise put into letters."""
    yield data
    if b"\\u" in data:
        yield _JSON_ESCAPE.sub(lambda found: _letter(int(found[1], 16)), data)
    if b"&#" in data:
        yield _XML_REFERENCE.sub(
            lambda found: _letter(int(found[2], 16) if found[1] else int(found[3])), data
        )
    start = data[4:68]  # after the mark of byte order; a stretch may begin within a letter
    if any(start) and any(not any(start[at::4] + start[at + 1 :: 4]) for at in range(4)):
        yield data.replace(b"\0", b"")


def _letter(number: int) -> bytes:
    return chr(number).encode("utf-8", "ignore") if number <= sys.maxunicode else b""


@functools.lru_cache
def dates(iso: str) -> tuple[str, ...]:
    """A day as files write it: with a short year or month too, by the month's name, as Excel's number."""
    day = dt.date.fromisoformat(iso)
    years = (f"{day.year:04}", f"{day.year % 100:02}")
    pairs = [(f"{day.month:02}", f"{day.day:02}"), (f"{day.month}", f"{day.day}")]
    found = {iso.replace("-", "")}
    for mark in ("/", "-", "."):
        for month, number in pairs:
            found.add(mark.join((years[0], month, number)))
            found |= {
                mark.join(parts) for year in years for parts in ((month, number, year), (number, month, year))
            }
    for name in (_MONTHS[day.month - 1], _MONTHS[day.month - 1][:3]):
        for number in {f"{day.day:02}", f"{day.day}"}:
            found |= {mark.join((number, name, year)) for year in years for mark in ("-", " ", "/")}
            found |= {f"{name} {number}, {years[0]}", f"{name} {number} {years[0]}"}
    found |= {str((day - start).days) for start in _EXCEL if day > start}
    return tuple(sorted(found))


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
