"""One file of a server onto our disk: whole or not at all, going on where an earlier try was cut."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ingestion.connectors.remote import Folder, RemoteFile
from ingestion.connectors.source import NamedSource
from ingestion.connectors.troubles import cut, disk_full, not_written, silent
from ingestion.errors import FetchError, Interrupted

READINGS = 3  # of a file that changes while it is read
SLOWEST = 1024  # bytes a second, over the source's time limit
_FULL = 64 << 20  # what a disk keeps free of our files


def download(source: NamedSource, folder: Folder, file: RemoteFile, part: Path) -> RemoteFile:
    """Fill `part` with the file and return the file as it then was; what is there of the same version stays.

    A file that changed while it was read is read again. FetchError otherwise; `part` stays to go on with.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(READINGS):
        start = _kept(part, file)
        _refuse_full_disk(source, file, start, part)
        _append(source, folder, file, part, start)
        now = folder.look(file.name)
        there = part.stat().st_size
        if now == file and there < (now.size or 0):
            raise cut(source)  # ended without an error, as some servers do
        if now == file and now.size in (None, there):
            return file
        part.unlink()
        file = now
    raise FetchError(
        f"'{file.name}' changed each time it was read",
        where=source.where,
        rule="A file is taken in when it stands still",
        next_step=f"Run `milepost fetch {source.name}` again when the partner has written it",
    )


def forget(part: Path) -> None:
    """Remove a part and the note beside it."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.of")


def _kept(part: Path, file: RemoteFile) -> int:
    """How many bytes of this very version are there; a note of the version is there before the first byte."""
    stands = json.dumps([file.name, file.version])
    note = _note(part)
    if file.version and part.exists() and note.exists() and note.read_text() == stands:
        there = part.stat().st_size
        if there <= (file.size or 0):
            return there
    part.unlink(missing_ok=True)
    note.write_text(stands)
    return 0


def _append(source: NamedSource, folder: Folder, file: RemoteFile, part: Path, start: int) -> None:
    """Write what is missing, and no more than the listing said: a file may grow as fast as it is read."""
    if start and start == file.size:
        return
    mark, since = time.monotonic(), 0
    try:
        with part.open("ab") as target:
            for piece in _up_to(file.size, start, folder.read(file, start)):
                target.write(piece)
                since += len(piece)
                if (elapsed := time.monotonic() - mark) > source.timeout_seconds:
                    if since < SLOWEST * elapsed:
                        raise silent(source)
                    mark, since = time.monotonic(), 0
            target.flush()
            os.fsync(target.fileno())
    except Interrupted as error:
        there = part.stat().st_size
        error.what = f"the connection was cut after {there:,} bytes of '{file.name}'"
        raise
    except OSError as error:
        raise not_written(source, part, error) from None


def _up_to(size: int | None, start: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if size is None:
        yield from pieces
        return
    missing = size - start
    for piece in pieces:
        yield piece[:missing]
        missing -= len(piece)
        if missing <= 0:
            return


def _refuse_full_disk(source: NamedSource, file: RemoteFile, start: int, part: Path) -> None:
    """Before the first byte: a disk that fills up stops everything else that is done on it."""
    free = shutil.disk_usage(part.parent).free
    if file.size and file.size - start > free - _FULL:
        full = disk_full(source, part.parent)
        full.what = f"'{file.name}' has {file.size:,} bytes, and {free:,} are free"
        raise full
