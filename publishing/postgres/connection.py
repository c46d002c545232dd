"""The connection to PostgreSQL, as the environment tells it; no password is ever told to anybody."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingestion.errors import MilepostError
from publishing.postgres.troubles import trouble_of

if TYPE_CHECKING:
    import psycopg

VARIABLE = "MILEPOST_POSTGRES"
# of libpq; one of them says that a database is meant
NAMED_BY = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGUSER")
APPLICATION = "milepost"
CONNECT_SECONDS = 10
SILENT_SECONDS = 60  # a line on which nothing is acknowledged for so long is cut
_HERE = ("localhost", "127.0.0.1", "::1", "")


@dataclass(frozen=True)
class Patience:
    """How long one statement may take, and how long to wait, in all, for sessions that hold a lock."""

    statement_seconds: int = 900
    wait_seconds: int = 60
    lock_seconds: int = 5  # of one try


class ConnectionSetting(MilepostError):
    """The environment does not say which database, or not in a way that libpq reads."""


@dataclass
class Connection:
    """An open session and, for messages, where it leads to."""

    session: psycopg.Connection[tuple[Any, ...]]
    where: str

    def run(self, statements: str) -> None:
        """Execute one or more statements, without parameters."""
        self.session.execute(statements)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.session.execute(query).fetchall()


def connect(patience: Patience) -> Connection:
    """A session in autocommit; ConnectionSetting where none is named, ExportError where none is to be had.

    Backslashes and times mean the same whatever the server is set to.
    """
    import psycopg

    settings = _settings()
    where = _where(settings)
    settings |= {
        "application_name": APPLICATION,
        "connect_timeout": settings.get("connect_timeout") or CONNECT_SECONDS,
        "tcp_user_timeout": SILENT_SECONDS * 1000,
        "keepalives_idle": SILENT_SECONDS,
    }
    if not _says_how_to_encrypt(settings) and not _is_here(settings):
        settings["sslmode"] = "require"
    try:
        session = psycopg.connect(**settings, autocommit=True)
        opened = Connection(session, where)
        opened.run(
            "set standard_conforming_strings = on; set timezone = 'UTC'; set datestyle = 'ISO';"
            f" set client_encoding = 'UTF8'; set statement_timeout = '{patience.statement_seconds}s';"
            f" set lock_timeout = '{patience.lock_seconds}s'; set idle_in_transaction_session_timeout = 0"
        )
        # a server that is busy with a statement would learn of a killed export only at its end
        with contextlib.suppress(psycopg.errors.InvalidParameterValue):  # as on Windows
            opened.run("set client_connection_check_interval = '2s'")
    except psycopg.Error as error:
        raise trouble_of(error, where, "connecting") from None
    return opened


def _settings() -> dict[str, Any]:
    """What MILEPOST_POSTGRES says, a URL or `name=value` pairs; nothing where libpq's variables say all."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    told = os.environ.get(VARIABLE, "")
    if not told and not any(os.environ.get(name) for name in NAMED_BY):
        raise ConnectionSetting(
            "no database is named",
            next_step=f"Set {VARIABLE}=postgresql://user@host/database, or PGHOST, PGDATABASE and PGUSER;"
            " the password goes into PGPASSWORD or a file that PGPASSFILE names",
        )
    try:
        settings: dict[str, Any] | None = dict(conninfo_to_dict(told))
    except psycopg.ProgrammingError:  # its message repeats what it could not read, perhaps the password
        settings = None
    # an @ or a / in a password, not written as %40 or %2F, makes the rest of it a host, a port, a database
    if settings is None or _is_misread(settings):
        raise ConnectionSetting(
            f"what {VARIABLE} says cannot be read",
            rule="It is a URL such as postgresql://user@host:5432/database; in a password %40 stands for @"
            " and %2F for /",
            next_step=f"Correct {VARIABLE}",
        )
    return settings


def _is_misread(settings: dict[str, Any]) -> bool:
    names = f"{settings.get('host', '')} {settings.get('dbname', '')}"
    ports = str(settings.get("port") or "0").split(",")
    return "@" in names or not all(port.isdecimal() for port in ports)


def _says_how_to_encrypt(settings: dict[str, Any]) -> bool:
    """Whether sslmode is told, or a service file may tell it, which a parameter would override."""
    told = settings.get("sslmode") or os.environ.get("PGSSLMODE")
    return bool(told or settings.get("service") or os.environ.get("PGSERVICE"))


def _is_here(settings: dict[str, Any]) -> bool:
    given = settings.get("hostaddr") or settings.get("host")
    host = str(given or os.environ.get("PGHOSTADDR") or os.environ.get("PGHOST") or "")
    return host in _HERE or host.startswith("/")


def _where(settings: dict[str, Any]) -> str:
    """Host, port and database for messages: never the user's password, nor the URL that may hold it."""
    host = settings.get("host") or settings.get("hostaddr") or os.environ.get("PGHOST") or "local server"
    port = settings.get("port") or os.environ.get("PGPORT") or "5432"
    database = settings.get("dbname") or os.environ.get("PGDATABASE") or "default database"
    return f"PostgreSQL at {host}:{port}, {database}"
