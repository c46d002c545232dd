"""What a source offers: files of a folder, tables of a database by school year, a copy of an ODS; alike to
who fetches them."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingestion.connectors.credentials import Credentials
from ingestion.connectors.download import download
from ingestion.connectors.remote import Folder, RemoteFile, is_wanted
from ingestion.connectors.source import NamedSource
from ingestion.home import Home


@dataclass(frozen=True)
class Offer:
    """A file that may be had; `get` writes it and returns its version, which `version` tells if known."""

    name: str
    version: str
    is_still_written: bool
    get: Callable[[Path], str]


@contextmanager
def offers(home: Home, source: NamedSource, credentials: Credentials) -> Iterator[Iterator[Offer]]:
    """What a source offers now, while the block lasts; the libraries of other kinds are not imported."""
    if source.kind == "edfi_api":
        from ingestion.connectors.edfi_api import OdsApi
        from ingestion.connectors.edfi_copy import OdsCopy

        with closing(OdsApi(source, credentials)) as api:
            yield _copies(source, partial(OdsCopy(home, source).write, api))
    elif source.kind == "database":
        from ingestion.connectors.database import Database

        with closing(Database(source, credentials)) as database:
            yield _tables(source, database.write)
    else:
        with closing(_folder(source, credentials)) as folder:
            yield _files(source, folder)


def _folder(source: NamedSource, credentials: Credentials) -> Folder:
    if source.kind == "sftp":
        from ingestion.connectors.sftp import SftpFolder

        return SftpFolder(source, credentials)
    if source.kind == "s3":
        from ingestion.connectors.s3 import S3Folder

        return S3Folder(source, credentials)
    from ingestion.connectors.https import HttpsFolder

    return HttpsFolder(source, credentials)


def _files(source: NamedSource, folder: Folder) -> Iterator[Offer]:
    """The whole listing first: a file that comes while others are fetched is the next fetch's."""
    listed = sorted(folder.files(partial(is_wanted, source)), key=lambda file: file.name)
    for file in listed:
        yield Offer(file.name, file.version, _moves(source, file), partial(_get, source, folder, file))


def _moves(source: NamedSource, file: RemoteFile) -> bool:
    """Whether it was written so lately that its writer may not be done; whichever clock is behind."""
    return file.modified is not None and abs(time.time() - file.modified) < source.settle


def _get(source: NamedSource, folder: Folder, file: RemoteFile, part: Path) -> str:
    got = download(source, folder, file, part)
    return got.version or _sha256(part)


def _tables(source: NamedSource, write: Callable[..., None]) -> Iterator[Offer]:
    for table in source.tables:
        for school_year in table.school_years or (None,):
            name = table.file.replace("{school_year}", str(school_year))
            name = name.replace("{collection}", table.collection)

            def get(part: Path, table: object = table, school_year: int | None = school_year) -> str:
                write(table, school_year, part)
                return _sha256(part)

            yield Offer(name, "", False, get)


def _copies(source: NamedSource, write: Callable[[Path], None]) -> Iterator[Offer]:
    """The one archive that an ODS is copied into; whether it is another than the last its bytes tell."""
    assert source.edfi_api is not None

    def get(part: Path) -> str:
        write(part)
        return _sha256(part)

    yield Offer(f"{source.partner}_edfi_{source.edfi_api.school_year}.zip", "", False, get)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
