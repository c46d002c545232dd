"""A copy of an ODS, brought up to date by its changes, and the archive that it is handed on as.

In `kept/<source>/` lie the records of the last complete fetch, a line each, and in `work/` below it what a
fetch has so far: one that was stopped is gone on with, and until it is whole nothing of it counts.
"""

import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from ingestion.connectors.edfi_api import Absent, OdsApi, Record
from ingestion.connectors.source import NamedSource
from ingestion.connectors.troubles import not_written
from ingestion.contracts.layout import load_layout
from ingestion.home import Home
from ingestion.lake.files import sync_folder
from ingestion.spill import database_spilling_below
from ingestion.sql_text import literal

LAYOUT = "edfi_json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip file can tell: equal records make equal archives
_MOST_BYTES = 1 << 24  # of a record, as for every reader of JSON


@dataclass(frozen=True)
class _Window:
    """Which changes a fetch asks for: those after one version until another; all there is without the
    first."""

    after: int | None
    until: int | None


def resources() -> tuple[str, ...]:
    """The resources that the layout reads, as the API names them."""
    return tuple((extract.member or "").split(".")[0] for extract in load_layout(LAYOUT).extracts)


class OdsCopy:
    """The records of one source, of which `write` makes an archive."""

    def __init__(self, home: Home, source: NamedSource) -> None:
        assert source.edfi_api is not None
        self._source = source
        self._folder = home.kept(source.name)
        self._work = self._folder / "work"
        self._resources = source.edfi_api.resources or resources()
        # a copy of something else is of no use
        self._of = [source.url, source.edfi_api.data, *self._resources]

    def write(self, api: OdsApi, archive: Path) -> None:
        """Bring the copy up to date and write all of it as an archive for the layout edfi_json.

        A FetchError leaves the copy as it was, and what was fetched so far to go on with.
        """
        try:
            window = self._window(api.newest_version())
            for resource in self._resources:
                self._fetch(api, resource, window)
            kept = self._bring_up_to_date(window)
            _pack(kept, archive)
        except OSError as error:
            raise not_written(self._source, self._folder, error) from None

    def _state(self) -> tuple[int, Path] | None:
        """Version and folder of the last complete fetch of this ODS."""
        try:
            state = json.loads((self._folder / "state.json").read_text())
            folder = self._folder / state["folder"]
        except (OSError, ValueError):
            return None
        return (state["version"], folder) if state["of"] == self._of and folder.is_dir() else None

    def _window(self, newest: int | None) -> _Window:
        """What to ask for now: of a fetch that was stopped the same as then."""
        state = self._state()
        after = state[0] if state and newest is not None and state[0] <= newest else None
        note = self._work / "window.json"
        began = _read_note(note) if newest is not None else None
        if began and (began["of"], began["after"]) == (self._of, after):
            return _Window(after, began["until"])
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True, mode=0o700)
        window = _Window(after, newest)
        note.write_text(json.dumps({"of": self._of, **asdict(window)}))
        return window

    def _fetch(self, api: OdsApi, resource: str, window: _Window) -> None:
        """Write the records of a resource and its deleted ids to the folder of work, unless they are there.

        A first fetch asks for everything, also for what changes while it goes on, or it would lack that.
        """
        done = self._work / f"{resource}.ndjson"
        if done.exists():
            return
        part, found, gone = done.with_suffix(".part"), set[str](), set[str]()
        with part.open("w", encoding="utf-8") as file:
            if window.after is None:
                _write(file, _each(api.pages(resource)), found)
            elif window.after != window.until:
                ends = (window.after, window.until)
                _write(file, _each(api.pages(resource, *ends)), found)
                gone = {record["id"] for record in _each(api.pages(resource, *ends, "/deletes"))}
                changed = sorted(_changed_keys(api, resource, window) - found - gone)
                _write(file, (one for key in changed if (one := api.one(resource, key))), found)
                gone |= {*changed} - found
        lines = (json.dumps({"id": key}) + "\n" for key in sorted(gone))
        (self._work / f"{resource}.gone").write_text("".join(lines))
        part.rename(done)

    def _bring_up_to_date(self, window: _Window) -> Path:
        """Apply what was fetched to the copy; the new one counts from the moment its state is renamed."""
        state = self._state() if window.after is not None else None
        target = self._folder / f"until-{window.until or 0}"
        if state is None or state[1] != target:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(mode=0o700)
            for resource in self._resources:
                name = f"{resource}.ndjson"
                old = state[1] / name if state else None
                _merge(old, self._work / name, self._work / f"{resource}.gone", target / name)
        if window.until is not None:
            draft = self._folder / "state.part"
            draft.write_text(json.dumps({"of": self._of, "version": window.until, "folder": target.name}))
            draft.replace(self._folder / "state.json")
            sync_folder(self._folder)
        shutil.rmtree(self._work)
        for other in self._folder.glob("until-*"):
            if other != target:
                shutil.rmtree(other)
        return target


def _each(pages: Iterator[list[Record]]) -> Iterator[Record]:
    for page in pages:
        yield from page


def _write(file: TextIO, records: Iterable[Record], found: set[str]) -> None:
    """Write a line for each record, and note its id."""
    for record in records:
        found.add(record["id"])
        file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")


def _changed_keys(api: OdsApi, resource: str, window: _Window) -> set[str]:
    """Ids of records whose key changed; servers before version 6 tell of none."""
    try:
        pages = api.pages(resource, window.after, window.until, "/keyChanges")
        return {record["id"] for record in _each(pages)}
    except Absent:
        return set()


def _read_note(note: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(note.read_text()))
    except (OSError, ValueError):
        return None


def _merge(old: Path | None, new: Path, gone: Path, target: Path) -> None:
    """Write the newest line of each id, without the deleted ones, in the order of the ids."""
    lines = [(new, 2), *([(old, 1)] if old and old.exists() else [])]
    selects = [
        f"select json::varchar as text, json->>'$.id' as id, {rank} as rank, rowid"
        f" from (select json, row_number() over () as rowid from read_json_objects({literal(str(path))},"
        f" format = 'newline_delimited', maximum_object_size = {_MOST_BYTES}))"
        for path, rank in lines
    ]
    deleted = (
        f"select json->>'$.id' from read_json_objects({literal(str(gone))}, format = 'newline_delimited')"
    )
    with database_spilling_below(target.parent, threads=2) as con:
        con.execute(
            f"copy (select text from ({' union all '.join(selects)}) where id not in ({deleted})"
            " qualify row_number() over (partition by id order by rank desc, rowid desc) = 1 order by id)"
            f" to {literal(str(target))} (format csv, header false, delimiter '\x1f', quote '', escape '')"
        )


def _pack(folder: Path, archive: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted(folder.glob("*.ndjson")):
            info = zipfile.ZipInfo(file.name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            with file.open("rb") as source, packed.open(info, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)
