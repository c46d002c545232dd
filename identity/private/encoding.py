"""A child's names, birth date, sex and ZIP code as 1,024 bits under a secret: alike for typing errors.

Cryptographic long-term keys (Schnell, Bachteler and Reiher 2011) with three hardenings;
docs/private_linkage.md says what they protect from and what not. Nothing here needs more than Python itself:
partners run it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.errors import MilepostError

VERSION = "clk1"  # another one where anything below changes what comes out
BITS = 1024
FOLDED_FROM = 2 * BITS
HEX_DIGITS = BITS // 4
VERSION_PATTERN = rf"{VERSION}-[0-9a-f]{{8}}"  # with the fingerprint of the key
# positions of the filter that each part of a field sets: what a field weighs
HASHES = {"first_name": 16, "last_name": 14, "middle_name": 6, "birth_date": 32, "sex": 10, "zip_code": 5}
SHORTEST_SECRET = 24  # characters; `openssl rand -hex 32` makes 64
FEWEST_CHARACTERS = 8  # different ones of them
STRETCHES = 600_000  # rounds of PBKDF2: what each guess of a secret costs
SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv"))
# what programs write where nobody knows the day
NO_BIRTH_DATES = frozenset(
    map(
        dt.date.fromisoformat,
        ("1753-01-01", "1899-12-30", "1900-01-01", "1901-01-01", "1970-01-01", "9999-12-31"),
    )
)
SEXES = {"f": "f", "female": "f", "m": "m", "male": "m", "x": "x", "nonbinary": "x"}
LIGATURES = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


class SecretError(MilepostError):
    """The secret is missing or too weak to protect anybody."""


@dataclass(frozen=True)
class Child:
    """What is encoded, as it was sent; an empty text or None is what nobody told."""

    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    birth_date: dt.date | None = None
    sex: str | None = None
    zip_code: str | None = None


class Encoder:
    """Encodes children under one secret. SecretError where it is shorter than 24 characters or too plain.

    `version` names the method and, by a fingerprint, the key: encodings are compared where it is the same.
    """

    def __init__(self, secret: str) -> None:
        _refuse_weak(secret)
        stretched = hashlib.pbkdf2_hmac("sha256", secret.encode(), VERSION.encode(), STRETCHES)
        self._key = hmac.digest(stretched, b"tokens", "sha256")
        self.version = f"{VERSION}-{hmac.digest(stretched, b'fingerprint', 'sha256').hex()[:8]}"
        self._masks: dict[tuple[str, str, int], int] = {}

    def __repr__(self) -> str:
        return f"Encoder({self.version})"  # a traceback must not tell the key

    def encode(self, child: Child) -> str | None:
        """256 hexadecimal digits; None without a birth date or any name: the rest would say too little."""
        born = child.birth_date
        if (
            born is None
            or born in NO_BIRTH_DATES
            or not (plain_name(child.first_name) or plain_name(child.last_name))
        ):
            return None
        filled = 0
        for field, token in tokens(child):
            key = (field, token, born.year)
            mask = self._masks.get(key)
            if mask is None:
                mask = self._masks[key] = self._mask(*key)
            filled |= mask
        # XOR of the two halves: a bit that is set no longer says that any one token is there
        folded = (filled >> BITS) ^ (filled & ((1 << BITS) - 1))
        return f"{folded:0{HEX_DIGITS}x}"

    def _mask(self, field: str, token: str, year: int) -> int:
        """The positions of one token, as many as HASHES says, each drawn by itself from a keyed hash.

        The year of birth is the salt: a name's bits are others for each year.
        """
        digest = hashlib.blake2b(f"{field}|{year}|{token}".encode(), key=self._key).digest()
        mask = 0
        for place in range(0, 2 * HASHES[field], 2):
            mask |= 1 << (int.from_bytes(digest[place : place + 2], "big") % FOLDED_FROM)
        return mask


def tokens(child: Child) -> Iterator[tuple[str, str]]:
    """The parts (field, token) that are hashed: pairs of letters, day and month, digits of the ZIP code."""
    for field, value in (("first_name", child.first_name), ("last_name", child.last_name)):
        if name := plain_name(value):
            padded = f"_{name}_"
            yield from ((field, padded[i : i + 2]) for i in range(len(padded) - 1))
    if middle := plain_name(child.middle_name):
        yield "middle_name", middle[0]  # many partners have the initial alone
    if born := child.birth_date:
        # the year is the salt; a day and a month that changed places share the two without a role
        yield "birth_date", f"month{born.month}"
        yield "birth_date", f"day{born.day}"
        yield "birth_date", str(born.month)
        yield "birth_date", str(born.day)
    if sex := SEXES.get((child.sex or "").strip().lower()):
        yield "sex", sex
    if zip_code := plain_zip(child.zip_code):
        yield from (("zip_code", f"{place}{digit}") for place, digit in enumerate(zip_code))


def plain_name(name: str | None) -> str:
    """A name's letters, lower case and without accents: 'De la Peña-Ruiz, Jr.' is delapenaruiz."""
    if not name:
        return ""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(LIGATURES))
    kept = "".join(
        c if c.isalpha() else "" if unicodedata.combining(c) or c in "'’`" else " " for c in folded
    )
    words = kept.split()
    return "".join(word for i, word in enumerate(words) if i == 0 or word not in SUFFIXES)


def plain_zip(zip_code: str | None) -> str:
    """The five digits of a ZIP code or ZIP+4; empty for what is none, and for 00000 and 99999."""
    found = re.match(r"\s*([0-9]{5})(-?[0-9]{4})?\s*$", zip_code or "")
    return found[1] if found and found[1] not in ("00000", "99999") else ""


def _refuse_weak(secret: str) -> None:
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS:
        raise SecretError(
            "The secret for encoding is too short or too plain",
            rule=f"{SHORTEST_SECRET} characters or more, {FEWEST_CHARACTERS} of them different",
            next_step="Make one with `openssl rand -hex 32`; both sides need the same one",
        )
