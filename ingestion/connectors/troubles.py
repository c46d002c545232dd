"""What can go wrong with a server, each as one error with its next step; never another library's message."""

import errno
import os
import socket
import ssl
from collections.abc import Iterator

from ingestion.connectors.source import NamedSource
from ingestion.errors import FetchError, Interrupted, Unavailable

AGAIN = "run `milepost fetch {name}` again: it goes on where it stopped"


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from, the outermost first."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [current.__cause__, current.__context__, *current.args, getattr(current, "reason", None)]
        waiting += [one for one in inner if isinstance(one, BaseException)]


def unreachable(source: NamedSource, why: str) -> Unavailable:
    return Unavailable(
        f"the server cannot be reached ({why})",
        where=source.where,
        next_step=f"Check host and port in {source.written_at}, and the network, then "
        + AGAIN.format(name=source.name),
    )


def silent(source: NamedSource) -> Unavailable:
    return Unavailable(
        f"the server did not answer within {source.timeout_seconds} seconds",
        where=source.where,
        next_step=f"Ask whether it is up, or raise 'timeout_seconds' in {source.written_at}; then "
        + AGAIN.format(name=source.name),
    )


def cut(source: NamedSource) -> Interrupted:
    return Interrupted(
        "the connection was cut",
        where=source.where,
        rule="What came before is kept",
        next_step="When the network is well, " + AGAIN.format(name=source.name),
    )


def login_refused(source: NamedSource) -> Unavailable:
    return Unavailable(
        "the server refused the login",
        where=source.where,
        next_step=f"Check the variables {source.credentials or 'PREFIX'}_... in the environment, or ask the"
        " partner whether the account is still valid",
    )


def not_allowed(source: NamedSource, what: str) -> FetchError:
    return FetchError(
        f"{what} may not be read",
        where=source.where,
        next_step="Ask the partner to give this account the right to read it",
    )


def missing(source: NamedSource, what: str) -> FetchError:
    return FetchError(
        f"{what} is not there",
        where=source.where,
        next_step=f"Check 'url' in {source.written_at}, or ask the partner where it went",
    )


def not_trusted(source: NamedSource) -> Unavailable:
    return Unavailable(
        "the server's certificate is not trusted",
        where=source.where,
        rule="A server that cannot prove who it is gets no password and gives no file",
        next_step=f"If an authority of the partner's own signed it, put that authority's certificate into a"
        f" file and name it in {source.credentials or 'PREFIX'}_CA_FILE ('credentials' names the prefix)",
    )


def disk_full(source: NamedSource, place: object) -> Unavailable:
    return Unavailable(
        "the disk is full",
        where=str(place),
        rule="What was in force before still is",
        next_step="Make room, then " + AGAIN.format(name=source.name),
    )


def not_written(source: NamedSource, place: object, error: OSError) -> Unavailable:
    """A trouble of our own disk, full or not to be written to."""
    full = disk_full(source, place)
    full.what = f"cannot be written ({os.strerror(error.errno) if error.errno else type(error).__name__})"
    return full


def trouble_of(error: BaseException, source: NamedSource, what: str = "the folder") -> FetchError:
    """The one clear error for what a library raised; of what nobody foresaw only its kind is told."""
    found = list(causes(error))
    for one in found:
        if isinstance(one, FetchError):
            return one
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in found):
        return not_trusted(source)
    for one in found:
        known = _of_machine(one, source, what)
        if known:
            return known
    return FetchError(
        f"cannot be fetched ({type(found[-1]).__name__})",
        where=source.where,
        next_step="MILEPOST_DEBUG=1 milepost fetch shows where it failed",
    )


def _of_machine(error: BaseException, source: NamedSource, what: str) -> FetchError | None:
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(source, getattr(error, "filename", None) or what)
    if isinstance(error, socket.gaierror):
        return unreachable(source, "no such host")
    if isinstance(error, ConnectionRefusedError) or number in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return unreachable(source, os.strerror(number) if number else "connection refused")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | TimeoutError):
        return unreachable(source, "it does not speak TLS as it should")
    if isinstance(error, TimeoutError) or type(error).__name__ == "FSTimeoutError":
        return silent(source)
    if isinstance(error, ConnectionError | EOFError | ssl.SSLEOFError):
        return cut(source)
    if isinstance(error, FileNotFoundError):
        return missing(source, what)
    return not_allowed(source, what) if isinstance(error, PermissionError) else None
