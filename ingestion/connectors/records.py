"""What was fetched from a source before, so that nothing is fetched twice: a line per file."""

import datetime as dt
import json
import os
from pathlib import Path

from ingestion.connectors.source import NamedSource
from ingestion.home import Home


class Records:
    """Name -> version of what was handed on, of this source at this url."""

    def __init__(self, home: Home, source: NamedSource) -> None:
        self._path: Path = home.fetched(source.name)
        self._url = source.url
        self._versions = dict(self._read())

    def _read(self) -> list[tuple[str, str]]:
        if not self._path.exists():
            return []
        found = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue  # cut short by a kill: the file is then fetched again
            if record["url"] == self._url:
                found.append((record["name"], record["version"]))
        return found

    def has(self, name: str, version: str) -> bool:
        """Whether this very version was handed on last; never for a server that tells of none."""
        return bool(version) and self._versions.get(name) == version

    def add(self, name: str, version: str, size: int) -> None:
        """Write that a file was handed on; on disk when this returns."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        record = {"at": now, "url": self._url, "name": name, "version": version, "bytes": size}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            is_cut_short = file.tell() and not _ends_with_newline(file)
            line = json.dumps(record, ensure_ascii=False)
            file.write((("\n" if is_cut_short else "") + line + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
        self._versions[name] = version


def _ends_with_newline(file: object) -> bool:
    file.seek(-1, os.SEEK_END)  # type: ignore[attr-defined]
    return bool(file.read(1) == b"\n")  # type: ignore[attr-defined]
