"""Connections to databases: encrypted, limited in time, unable to write; and what can go wrong with them."""

from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from ingestion.connectors.credentials import Credentials
from ingestion.connectors.source import NamedSource
from ingestion.connectors.troubles import (
    causes,
    cut,
    login_refused,
    missing,
    not_allowed,
    not_trusted,
    silent,
    trouble_of,
    unreachable,
)
from ingestion.errors import ContractError, FetchError

_HERE = ("localhost", "127.0.0.1", "::1", None)
# of SQLSTATE: the class of a code is its first two characters
_LOGIN, _RIGHTS, _CANCELLED = ("28",), ("42501",), ("57014",)
_NO_TABLE, _LOST = ("3D000", "42P01"), ("08", "57P01", "57P02", "57P03")


def engine_of(source: NamedSource, credentials: Credentials) -> sa.Engine:
    """An engine of the source's url and login; ContractError where the database's driver is not installed."""
    url = sa.make_url(source.url)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if source.credentials:
        url = url.set(username=credentials.need("USER"), password=credentials.get("PASSWORD"))
    arguments = _for_postgresql(source, credentials, url) if url.drivername.startswith("postgresql") else {}
    try:
        return sa.create_engine(url, connect_args=arguments, poolclass=sa.NullPool, hide_parameters=True)
    except (ImportError, sa.exc.NoSuchModuleError):
        raise ContractError(
            f"no driver for '{url.drivername}' is installed",
            where=source.written_at,
            next_step="Install the one SQLAlchemy asks for (such as pyodbc for mssql+pyodbc) beside Milepost",
        ) from None


def _for_postgresql(source: NamedSource, credentials: Credentials, url: sa.URL) -> dict[str, Any]:
    seconds = source.timeout_seconds
    arguments: dict[str, Any] = {
        "connect_timeout": max(seconds, 2),  # libpq takes less than two for two
        "keepalives_idle": seconds,
        "tcp_user_timeout": seconds * 1000,
        "options": f"-c default_transaction_read_only=on -c timezone=UTC -c statement_timeout={seconds}s",
    }
    if certificates := credentials.file("CA_FILE"):
        arguments |= {"sslmode": "verify-full", "sslrootcert": str(certificates)}
    elif "sslmode" not in url.query and url.host not in _HERE:
        arguments["sslmode"] = "require"
    return arguments


def trouble_of_database(error: Exception, source: NamedSource, what: str) -> FetchError:
    """The one clear error; a database's own message may quote a record, so only its code is looked at."""
    found = list(causes(error))
    for one in found:
        code = str(getattr(one, "sqlstate", None) or "")
        known = _by_code(code, source, what) if code else None
        if known:
            return known
    said = " ".join(str(one).lower() for one in found if isinstance(one, sa.exc.DBAPIError))
    if any(isinstance(one, sa.exc.OperationalError) for one in found):
        return _of_connection(said, source)
    return trouble_of(error, source, what)


def _by_code(code: str, source: NamedSource, what: str) -> FetchError | None:
    if code.startswith(_LOGIN):
        return login_refused(source)
    if code.startswith(_RIGHTS):
        return not_allowed(source, what)
    if code.startswith(_CANCELLED):
        return silent(source)
    if code.startswith(_NO_TABLE):
        return missing(source, f"the database of '{urlsplit(source.url).path.strip('/')}', or {what},")
    if code.startswith(_LOST):
        return cut(source)
    return FetchError(
        f"the database refused to read {what} (code {code})",
        where=source.where,
        next_step=f"Check 'columns' and 'where' in {source.written_at}",
    )


def _of_connection(said: str, source: NamedSource) -> FetchError:
    """By the words of libpq, which gives no code before a session stands."""
    if "certificate" in said:
        return not_trusted(source)
    if "authentication failed" in said or "no password supplied" in said:
        return login_refused(source)
    if "timeout expired" in said or "timed out" in said:
        return silent(source)
    if "does not exist" in said:
        return missing(source, "the database")
    words = ("could not translate", "connection refused", "failed to resolve", "no route", "name or service")
    if any(word in said for word in words):
        return unreachable(source, "no connection")
    return cut(source)
