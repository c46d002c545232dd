"""What of a subject lies where in a home: looked up before a purge to be told, and in it to be removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.home import Home
from ingestion.lake.ledger import Ledger
from ingestion.traces import Sought, tells_of

if TYPE_CHECKING:
    from identity.purging import VaultCounts
    from ingestion.lake.ledger import LoadState
    from ingestion.lake.redaction import Concerned
    from ingestion.withheld import Withheld
    from orchestration.purging.subjects import Subject


@dataclass(frozen=True)
class Place:
    """What a purge takes from one place: files with their SHA-256, and rows where it is not whole files."""

    place: str
    n_files: int
    n_rows: int | None = None
    sha256: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Inventory:
    """Files to be removed, files to be written anew without a child, and what of the vault goes."""

    redacted: list[Concerned] = field(default_factory=list)
    landed: set[str] = field(default_factory=set)
    removed: dict[str, list[Path]] = field(default_factory=dict)
    vault: VaultCounts | None = None

    def __bool__(self) -> bool:
        vault = self.vault is not None and (self.vault.children or self.vault.accounts)
        return bool(self.redacted or self.landed or any(self.removed.values()) or vault)

    def places(self) -> list[Place]:
        """For people and the receipt; what is built anew of the rest stands beside it."""
        from ingestion.lake.purging import hash_of

        found = [Place("landing", len(self.landed), None, tuple(sorted(self.landed)))]
        for name in ("raw", "superseded", "quarantine"):
            files = [file for file in self.redacted if file.place == name]
            if files:
                hashes = tuple(file.sha256 for file in files)
                found.append(Place(name, len(files), sum(f.n_withheld for f in files), hashes))
        for name, paths in self.removed.items():
            if paths:
                found.append(Place(name, len(paths), None, tuple(map(hash_of, paths))))
        if self.vault:
            found += [Place(f"vault, {name}", 0, n) for name, n in asdict(self.vault).items() if n]
        return [place for place in found if place.n_files or place.n_rows]


def of_person(home: Home, withheld: Withheld, sought: Sought) -> Inventory:
    """Of a child whose numbers are on the list `withheld`, and whose texts are `sought`."""
    from ingestion.lake.redaction import concerned_files
    from ingestion.spill import working_database

    with working_database(home) as con:
        found = Inventory(redacted=concerned_files(home, withheld, con))
    found.landed = {c.delivery.sha256 for c in found.redacted if (home.landing / c.delivery.sha256).exists()}
    found.landed |= {
        folder.name
        for folder in sorted(home.landing.glob("*"))
        if folder.name not in found.landed and _any_tells_of(folder, sought)
    }
    held_back = [c for c in found.redacted if c.place == "quarantine"]
    feedback = [
        file
        for c in held_back
        for file in (home.feedback / c.delivery.partner).glob(f"{c.delivery.load_id}*")
    ]
    found.removed = {"feedback": sorted({*feedback}), **_as_sent(home, found.landed, sought)}
    return found


def of_deliveries(home: Home, subject: Subject, sought: Sought) -> Inventory:
    """Of deliveries; files that tell of their children are among those that lie as partners sent them."""
    from ingestion.lake.purging import files_of

    wanted = {*subject.load_ids}
    states = [state for state in Ledger(home.ledger).state() if state.load_id in wanted]
    found = Inventory()
    found.landed = {
        state.delivery.sha256 for state in states if (home.landing / state.delivery.sha256).exists()
    }
    found.removed = {"raw": [*_raw_files(home, states)]}
    for state in states:
        for file in files_of(home, state):
            found.removed.setdefault(file.relative_to(home.root).parts[0], []).append(file)
    shas = {state.delivery.sha256 for state in states}
    found.removed |= _as_sent(home, shas, sought)
    return found


def _raw_files(home: Home, states: Iterable[LoadState]) -> Iterator[Path]:
    """What of deliveries is in the raw lake."""
    from ingestion.lake.files import metadata
    from ingestion.lake.swaps import raw_of

    whole = {s.load_id: s.delivery for s in states if s.delivery.school_year is not None}
    files = {raw_of(home, d): load_id for load_id, d in whole.items() if d.collection}
    notes = metadata(files)
    yield from sorted(path for path in files if notes[path].get("load_id") in whole)


def _as_sent(home: Home, landed: set[str], sought: Sought) -> dict[str, list[Path]]:
    """Files that lie as partners sent them: the same as landed ones, or such as tell of whom is sought.

    A copy of a source is removed as a whole: the next fetch asks for everything again.
    """
    from ingestion.lake.purging import hash_of

    inbox = [
        path for path in _files(home.inbox) if hash_of(path) in landed or tells_of(path, sought, as_sent=True)
    ]
    fetching = [path for path in _files(home.root / "fetching") if tells_of(path, sought, as_sent=True)]
    kept: list[Path] = []
    for source in sorted((home.root / "kept").glob("*")):
        if _any_tells_of(source, sought):
            kept += _files(source)
    return {"inbox": inbox, "fetching": fetching, "kept": kept}


def _any_tells_of(folder: Path, sought: Sought) -> bool:
    return any(tells_of(path, sought, as_sent=True) for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
