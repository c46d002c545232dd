"""The manifest of a made-up community: every file, and what the gate is to make of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Outcome = Literal["accepted", "accepted_with_quarantine", "rejected"]


@dataclass(frozen=True)
class Expected:
    """What becomes of one extract of a file."""

    extract_id: str
    outcome: Outcome
    quarantined: int = 0


@dataclass(frozen=True)
class File:
    """One file; `path` is relative to `Manifest.folder`, `rows` are its data rows."""

    path: str
    series: str
    school_year: int
    collection: str
    rows: int
    expected: tuple[Expected, ...]


@dataclass(frozen=True)
class Manifest:
    """`deliveries` are sent in this order, `rejected` after them; `truth` names the tables in truth/."""

    folder: Path
    seed: int
    children_per_year: int
    deliveries: tuple[File, ...]
    rejected: tuple[File, ...]
    truth: tuple[str, ...] = field(default=())

    @property
    def paths(self) -> list[Path]:
        """Every delivery that is meant to be taken, in order."""
        return [self.folder / file.path for file in self.deliveries]

    @property
    def rejected_paths(self) -> list[Path]:
        """Every file that is meant to be refused."""
        return [self.folder / file.path for file in self.rejected]

    def table(self, name: str) -> Path:
        """The Parquet file of a truth table."""
        return self.folder / "truth" / f"{name}.parquet"

    def save(self) -> Path:
        """Write manifest.json beside the files; without the folder, so equal inputs give equal bytes."""
        path = self.folder / "manifest.json"
        facts = {key: value for key, value in asdict(self).items() if key != "folder"}
        path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        return path
