"""The files of a home behind the sources of dbt: which they are, and whether they are as they were."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingestion.home import Home

FILES = re.compile(r"read_(?:parquet|json)\('([^']+)'")
LARGE = (
    "snapshot/raw/",
    "gate/",
)  # files that are never written twice: their names and times tell them apart


class Sources:
    """Sources of a manifest, by their unique ids; each names files of the home by patterns."""

    def __init__(self, manifest: Mapping[str, Any], home: Home) -> None:
        self._sources, self._home = manifest["sources"], home

    def is_of_lake(self, source: str) -> bool:
        return all(pattern.startswith(LARGE[0]) for pattern in self._patterns(source))

    def is_empty(self, source: str) -> bool:
        """Whether nothing of a raw table is in force: there is only the file without rows."""
        names = {path.name for pattern in self._patterns(source) for path in self._home.root.glob(pattern)}
        return names == {self._home.empty_raw_file("").name}

    def fingerprint(self, source: str) -> str:
        facts = [
            _stat_of(path) if pattern.startswith(LARGE) else hashlib.sha256(path.read_bytes()).hexdigest()
            for pattern in self._patterns(source)
            for path in sorted(self._home.root.glob(pattern))
        ]
        return hash_of(source, *facts)

    def _patterns(self, source: str) -> list[str]:
        patterns: list[str] = FILES.findall(self._sources[source]["relation_name"])
        assert patterns, f"{source} names no file"
        return patterns


def hash_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _stat_of(path: Path) -> str:
    stat = path.stat()
    return f"{path.name}|{stat.st_ino}|{stat.st_size}|{stat.st_mtime_ns}"
