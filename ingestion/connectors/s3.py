"""A prefix of a bucket of S3, or of any store that speaks it, through fsspec's s3fs."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import s3fs
from botocore import exceptions as of_botocore

from ingestion.connectors.credentials import Credentials
from ingestion.connectors.remote import RemoteFile
from ingestion.connectors.source import NamedSource
from ingestion.connectors.troubles import causes, cut, login_refused, silent, trouble_of, unreachable
from ingestion.errors import FetchError

PIECE = 4 << 20
ATTEMPTS = 3
_REFUSED = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "AuthFailure")
_LOST = (
    of_botocore.ConnectionClosedError,
    of_botocore.ResponseStreamingError,
    of_botocore.IncompleteReadError,
    aiohttp.ClientPayloadError,
    aiohttp.ServerDisconnectedError,
)


class S3Folder:
    """The objects below an `s3://bucket/prefix` url; without credentials as anybody, for public buckets."""

    def __init__(self, source: NamedSource, credentials: Credentials) -> None:
        self._source = source
        parts = urlsplit(source.url)
        self._root = f"{parts.netloc}{parts.path}".rstrip("/")
        certificates = credentials.file("CA_FILE")
        settings: dict[str, Any] = {
            "connect_timeout": source.timeout_seconds,
            "read_timeout": source.timeout_seconds,
            "retries": {"max_attempts": ATTEMPTS, "mode": "standard"},
        }
        client: dict[str, Any] = {
            "endpoint_url": source.endpoint,
            "region_name": source.region or "us-east-1",
        }
        if certificates:
            client["verify"] = str(certificates)
        self._fs = s3fs.S3FileSystem(
            **_login(source, credentials),
            client_kwargs=client,
            config_kwargs=settings,
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._fs.retries = 1  # on top of botocore's; a cut is gone on with by the next walk

    def files(self, is_wanted: Callable[[str], bool]) -> Iterator[RemoteFile]:
        """Every page of the listing; the marks that some tools leave for folders are no files."""
        try:
            found = self._fs.find(self._root, maxdepth=self._source.depth + 1, withdirs=False, detail=True)
            if not found:
                self._fs.ls(self._root)  # says whether the bucket is there at all
        except Exception as error:
            raise self._trouble(error, "the bucket") from None
        for key, entry in found.items():
            name = key.removeprefix(f"{self._root}/")
            if entry["type"] == "file" and is_wanted(name):
                yield _remote(name, entry)

    def look(self, name: str) -> RemoteFile:
        try:
            return _remote(name, self._fs.info(f"{self._root}/{name}", refresh=True))
        except Exception as error:
            raise self._trouble(error, name) from None

    def read(self, file: RemoteFile, start: int) -> Iterator[bytes]:
        """In ranges; each asks for the object as it was when it was opened."""
        try:
            with self._fs.open(f"{self._root}/{file.name}", "rb", cache_type="none") as opened:
                opened.seek(start)
                while piece := opened.read(PIECE):
                    yield piece
        except Exception as error:
            raise self._trouble(error, file.name) from None

    def close(self) -> None:
        self._fs.close_session(self._fs.loop, self._fs._s3)

    def _trouble(self, error: Exception, what: str) -> FetchError:
        source = self._source
        for one in causes(error):
            told = getattr(one, "response", None)
            code = told.get("Error", {}).get("Code", "") if isinstance(told, dict) else ""
            if code in _REFUSED or isinstance(one, of_botocore.NoCredentialsError):
                return login_refused(source)
            if isinstance(one, of_botocore.ReadTimeoutError | of_botocore.ConnectTimeoutError):
                return silent(source)
            if isinstance(one, _LOST):
                return cut(source)
        known = trouble_of(error, source, what)
        if known.what.startswith("cannot be fetched") and _is_of_network(error):
            return unreachable(source, "no connection")
        return known


def _is_of_network(error: Exception) -> bool:
    return any(isinstance(one, of_botocore.EndpointConnectionError) for one in causes(error))


def _login(source: NamedSource, credentials: Credentials) -> dict[str, Any]:
    if source.credentials is None:
        return {"anon": True}
    return {
        "key": credentials.need("ACCESS_KEY_ID"),
        "secret": credentials.need("SECRET_ACCESS_KEY"),
        "token": credentials.get("SESSION_TOKEN"),
    }


def _remote(name: str, entry: dict[str, Any]) -> RemoteFile:
    modified = entry["LastModified"].timestamp() if entry.get("LastModified") else None
    return RemoteFile(name, entry["size"], modified, str(entry.get("ETag", "")))
