"""A home, a community that expects attendance files, and a way to fetch a source written in a line or two."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent, indent

import pytest

from ingestion.configuration.community import load_communities
from ingestion.connectors.fetch import Fetched, fetch
from ingestion.connectors.sources_file import load_sources
from ingestion.home import Home
from tests.ingestion.configuration import ATTENDANCE, write_community
from tests.ingestion.connectors.servers import HttpsServer, Line, SftpServer

LONG_AGO = 1_700_000_000
MEGABYTES = 1 << 20
FILES = 'files: ["attendance_{school_year}.csv", "attendance_{school_year}_{collection}.csv"]'
EXPECTED = 'files: ["attendance_{school_year}*.csv", "attendance_{school_year}.parquet"]'


class Deployment:
    """What a source is fetched with."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self.folder = folder / "communities"

    def configure(self, source: str) -> None:
        """Write sources.yml with one source, `district`, of the fields given."""
        text = f"sources:\n  district:\n    partner: mill_schools\n{indent(dedent(source).strip(), '    ')}\n"
        contract = ATTENDANCE.replace(FILES, EXPECTED)
        assert contract != ATTENDANCE
        write_community(
            self.folder, **{"sources.yml": text, "extracts/mill_schools__attendance.yml": contract}
        )

    def fetch(self, again: bool = False) -> Fetched:
        communities = load_communities(self.folder)
        return fetch(self.home, communities, load_sources(communities)["district"], again=again)

    def inbox(self) -> dict[str, bytes]:
        """What lies in the inbox, below the folder of the source."""
        folder = self.home.inbox / "district"
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    def parts(self) -> list[Path]:
        return sorted(self.home.fetching.rglob("*.part"))


@pytest.fixture(autouse=True)
def _one_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut is not gone on with by itself, unless a test says so."""
    monkeypatch.setattr("ingestion.connectors.fetch.PAUSES", ())


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """The folder a server shows."""
    folder = tmp_path / "served"
    folder.mkdir()
    return folder


Put = Callable[[str, str | bytes], Path]


@pytest.fixture
def put(served: Path) -> Put:
    """Writes a file for a server, as if long ago."""

    def write(name: str, content: str | bytes) -> Path:
        path = served / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (LONG_AGO, LONG_AGO))
        return path

    return write


@pytest.fixture
def sftp(served: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    server = SftpServer(served)
    monkeypatch.setenv("COC_SFTP_USER", "partner")
    monkeypatch.setenv("COC_SFTP_PASSWORD", "right")
    yield server
    server.close()


@pytest.fixture
def https(served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    server = HttpsServer(served, tmp_path / "keys")
    monkeypatch.setenv("COC_WEB_CA_FILE", str(server.certificate))
    yield server
    server.close()


@pytest.fixture
def line() -> Iterator[Callable[[int], Line]]:
    """Lines to servers, by the servers' ports."""
    made: list[Line] = []

    def to(port: int) -> Line:
        made.append(Line(port))
        return made[-1]

    yield to
    for one in made:
        one.close()


def a_file(megabytes: int) -> bytes:
    """Bytes of which every eight differ, so that a gap or an overlap shows."""
    return b"".join(number.to_bytes(8, "big") for number in range(megabytes * MEGABYTES // 8))
