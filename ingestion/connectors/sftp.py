"""A folder on an SFTP server, through fsspec's sshfs; its host key is verified, always."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncssh
import sshfs
from fsspec.asyn import sync_wrapper

from ingestion.connectors.credentials import Credentials
from ingestion.connectors.remote import RemoteFile
from ingestion.connectors.source import NamedSource
from ingestion.connectors.troubles import cut, login_refused, not_allowed, trouble_of
from ingestion.errors import ContractError, FetchError, Unavailable

PIECE = 2 << 20
_KEEP_ALIVE_SECONDS = 15


class _Verifier(asyncssh.SSHClient):
    """Accepts the one key that the configuration states, and remembers which one the server showed."""

    def __init__(self, stated: str | None, shown: list[str]) -> None:
        self._stated, self._shown = stated, shown

    def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: asyncssh.SSHKey) -> bool:
        self._shown.append(key.get_fingerprint())
        return key.get_fingerprint() == self._stated


class _InPieces(sshfs.SSHFileSystem):
    """Opens a file for each piece, so that opening too has a time limit; a piece costs three round trips."""

    async def _piece(self, path: str, start: int, size: int) -> bytes:
        async with self._pool.get() as channel, channel.open(path, "rb") as opened:
            found: bytes = await opened.read(size, start)
            return found

    piece = sync_wrapper(_piece)


class SftpFolder:
    """The folder of an `sftp://host:port/folder` url; `/~/` begins a path in the account's own folder."""

    def __init__(self, source: NamedSource, credentials: Credentials) -> None:
        self._source = source
        path = unquote(urlsplit(source.url).path).rstrip("/") or "/"
        self._root = path.removeprefix("/~/") if path.startswith("/~/") else "." if path == "/~" else path
        self._fs = self._connected(_login(source, credentials))

    def _connected(self, login: dict[str, Any]) -> Any:
        source, shown = self._source, []  # type: ignore[var-annotated]
        parts = urlsplit(source.url)
        try:
            return _InPieces(
                parts.hostname,
                port=parts.port or 22,
                client_factory=lambda: _Verifier(source.host_key, shown),
                timeout=source.timeout_seconds,
                skip_instance_cache=True,
                **login,
            )
        except Exception as error:
            raise _trouble(error, source, "the server", shown) from None

    def files(self, is_wanted: Callable[[str], bool]) -> Iterator[RemoteFile]:
        """Folder by folder, no deeper than the patterns look."""
        folders = [""]
        for _ in range(self._source.depth + 1):
            below: list[str] = []
            for folder in folders:
                for entry in self._listed(folder):
                    name = folder + entry["name"].rpartition("/")[2]
                    if entry["type"] == "directory":
                        below.append(f"{name}/")
                    elif entry["type"] == "file" and is_wanted(name):
                        yield _remote(name, entry)
                    elif entry["type"] == "link" and is_wanted(name):
                        yield self.look(name)
            folders = below

    def _listed(self, folder: str) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self._fs.ls(
                f"{self._root}/{folder}".rstrip("/") or "/", timeout=self._source.timeout_seconds
            )
            return found
        except Exception as error:
            raise _trouble(error, self._source, "the folder") from None

    def look(self, name: str) -> RemoteFile:
        try:
            return _remote(name, self._fs.info(f"{self._root}/{name}", timeout=self._source.timeout_seconds))
        except Exception as error:
            raise _trouble(error, self._source, name) from None

    def read(self, file: RemoteFile, start: int) -> Iterator[bytes]:
        path, seconds = f"{self._root}/{file.name}", self._source.timeout_seconds
        try:
            # never beyond the listed size: a file that grows as fast as it is read has no end
            while (missing := (file.size or 0) - start) > 0:
                piece = self._fs.piece(path, start, min(PIECE, missing), timeout=seconds)
                if not piece:
                    return
                yield piece
                start += len(piece)
        except Exception as error:
            raise _trouble(error, self._source, file.name) from None

    def close(self) -> None:
        self._fs.loop.call_soon_threadsafe(self._fs.client.abort)  # the connection lives in fsspec's thread


def _login(source: NamedSource, credentials: Credentials) -> dict[str, Any]:
    """Options of asyncssh: nothing but the environment's; no agent, no key or settings of the account."""
    login: dict[str, Any] = {
        "username": credentials.need("USER"),
        "config": None,
        "agent_path": None,
        "client_keys": None,
        "known_hosts": _known_hosts(source, credentials),
        "keepalive_interval": _KEEP_ALIVE_SECONDS,
        "connect_timeout": source.timeout_seconds,
        "login_timeout": source.timeout_seconds,
    }
    credentials.need("PASSWORD", "KEY_FILE")
    if key_file := credentials.file("KEY_FILE"):
        try:
            login["client_keys"] = [asyncssh.read_private_key(key_file, credentials.get("KEY_PASSPHRASE"))]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, OSError):
            raise ContractError(
                f"the key that {source.credentials}_KEY_FILE names cannot be read",
                where=source.written_at,
                next_step=f"Check that it is a private key, and {source.credentials}_KEY_PASSPHRASE if it"
                " is locked",
            ) from None
    if password := credentials.get("PASSWORD"):
        login["password"] = password
    return login


def _known_hosts(source: NamedSource, credentials: Credentials) -> Any:
    """No known key where the configuration states the fingerprint: then that one alone counts."""
    if source.host_key:
        return [], [], []
    known = credentials.file("KNOWN_HOSTS")
    if known is None:
        raise ContractError(
            f"the source '{source.name}' does not say how its server is known",
            where=source.written_at,
            rule="A server's key is never accepted unseen: whoever answers would get the password",
            next_step="Ask the partner for the fingerprint and write `host_key: SHA256:...`, or name a"
            f" known_hosts file in {source.credentials}_KNOWN_HOSTS",
        )
    return str(known)


def _remote(name: str, entry: dict[str, Any]) -> RemoteFile:
    modified = entry["mtime"].timestamp() if entry["mtime"] else None
    return RemoteFile(name, entry["size"], modified)


def _trouble(error: Exception, source: NamedSource, what: str, shown: list[str] | None = None) -> FetchError:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        key = f" It showed {shown[0]}" if shown else ""
        return Unavailable(
            "the server's key is not the one that is known",
            where=source.where,
            rule=f"Nothing was sent.{key}",
            next_step="Ask the partner, by telephone, whether it was changed; only then change 'host_key'"
            f" in {source.written_at}, or the known_hosts file",
        )
    if isinstance(error, asyncssh.PermissionDenied) or (
        shown is not None and isinstance(error, PermissionError)
    ):
        return login_refused(source)
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return not_allowed(source, what)
    lost = (asyncssh.ConnectionLost, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
    if isinstance(error, lost) or (shown is None and isinstance(error, asyncssh.DisconnectError)):
        return cut(source)
    return trouble_of(error, source, what)
