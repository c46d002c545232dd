"""What can go wrong with a PostgreSQL server, each as one clear error without a word of the server's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingestion.errors import ExportError

if TYPE_CHECKING:
    import psycopg

UNCHANGED = "Readers still have the release they had"
AGAIN = "Run the same command again when that is mended; it goes on from where it is"
# of SQLSTATE, whole or its class: what happened, and what to do
_BY_CODE = {
    "53100": ("the disk of the server is full", "Make room there, then run the same command again"),
    "53200": ("the server is out of memory", AGAIN),
    "53300": ("the server takes no more connections", AGAIN),
    "57014": (
        "a statement took longer than it may",
        "Allow more with --timeout, or see what keeps the server busy",
    ),
    "55P03": ("a session holds a lock", "End that session, or allow more with --wait"),
    "57P01": ("the server ended the session", AGAIN),
    "57P02": ("the server crashed or was stopped", AGAIN),
    "57P03": ("the server is starting or stopping", AGAIN),
    "3D000": ("there is no such database", "Create it, or correct its name"),
    "42501": (
        "the login may not do this",
        "See docs/connecting.md for what the login that exports is granted",
    ),
    "25006": ("the server only reads: a standby, or set to read only", "Name the primary server"),
    "28": ("the server refused the login", "Check user and password, and pg_hba.conf of the server"),
    "08": ("the connection was lost", AGAIN),
}
# of libpq, which has no code before a session stands
_BY_WORDS = {
    "authentication failed": "28",
    "no password supplied": "28",
    "no pg_hba.conf entry": "28",
    'role "': "28",
    "does not exist": "3D000",
    "starting up": "57P03",
    "shutting down": "57P03",
    "too many": "53300",
    "remaining connection slots": "53300",
}


def trouble_of(error: psycopg.Error, where: str, doing: str) -> ExportError:
    """The one error that tells of `error`; the server's message may quote a row, so only its code is used."""
    code = error.sqlstate or ""
    what, step = _BY_CODE.get(code) or _BY_CODE.get(code[:2]) or _without_code(error, code)
    return ExportError(f"{doing}: {what}", where=where, rule=UNCHANGED, next_step=step)


def _without_code(error: psycopg.Error, code: str) -> tuple[str, str]:
    if code:
        return f"the server refused (code {code})", "Run with --debug to see its own message"
    words = str(error).lower()
    for said, known in _BY_WORDS.items():
        if said in words:
            return _BY_CODE[known]
    if "timeout" in words or "timed out" in words:
        return "the server did not answer in time", AGAIN
    if "certificate" in words or "ssl" in words:
        return "no trusted encrypted connection", "Check sslmode and sslrootcert of the connection"
    if "closed" in words or "lost" in words or "terminat" in words:
        return _BY_CODE["08"]
    return "no connection: the server is down, or not at this address", AGAIN


@contextmanager
def told_while(where: str, doing: str) -> Iterator[None]:
    """Any error of PostgreSQL in the block becomes the one error that tells of it."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        if os.environ.get("MILEPOST_DEBUG"):
            raise
        raise trouble_of(error, where, doing) from None
