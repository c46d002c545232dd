"""Archives: the members of a zip file, and the zip file that a folder becomes."""

import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingestion.errors import DeliveryError, ReadError
from ingestion.home import Home
from ingestion.readers.unpacking import opened_zip

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip file can tell: equal files make equal archives
PACKING = "receiving-"


def member_names(path: Path) -> list[str]:
    """The files in a zip; none for any other file, and for one that cannot be read."""
    if not zipfile.is_zipfile(path):
        return []
    try:
        with opened_zip(path) as archive:
            return [info.filename for info in archive.infolist() if not info.is_dir()]
    except ReadError:  # reading it for the gate tells so
        return []


def named_as(path: Path) -> Path:
    """What a file or folder is called as a delivery: a folder becomes a zip file of its name.

    A folder named by where one stands (`.`, `..`) has the name it has from elsewhere; the root of the disk
    has none, which is a DeliveryError.
    """
    if not path.is_dir():
        return path
    # only these are followed to where they lead: a link to a folder is called as the link is
    folder = path.resolve() if path.name in ("", "..") else path
    if not folder.name:
        raise DeliveryError("is the whole disk", where=str(path), next_step="Name a file or folder in it")
    return folder.with_name(f"{folder.name}.zip")


@contextmanager
def as_file(home: Home, path: Path) -> Iterator[Path]:
    """A file as it is; a folder as the zip file of what lies in it, which is gone after the block.

    Equal files under equal names make an equal zip file, whenever they were written.
    """
    if not path.is_dir():
        yield path
        return
    home.create()
    with tempfile.TemporaryDirectory(prefix=f"{PACKING}{os.getpid()}-", dir=home.staged) as folder:
        packed = Path(folder) / named_as(path).name
        with zipfile.ZipFile(packed, "w") as archive:  # stored: another zlib would pack to other bytes
            for file in sorted(path.rglob("*")):
                _pack(archive, file, path)
        yield packed


def _pack(archive: zipfile.ZipFile, file: Path, folder: Path) -> None:
    if file.is_symlink():
        raise DeliveryError("is a link, not a file", where=str(file), next_step="Copy the file there")
    if not file.is_dir() and not file.is_file():  # a pipe would be waited for without end
        raise DeliveryError("is no file", where=str(file), next_step="Leave it out of the folder")
    name = file.relative_to(folder).as_posix()
    if file.is_dir() or any(part.startswith(".") for part in Path(name).parts):
        return
    with file.open("rb") as source, archive.open(zipfile.ZipInfo(name, _EPOCH), "w") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)
