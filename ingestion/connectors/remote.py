"""What every folder of a server can do, whatever it speaks: list its files, look at one, read one."""

import hashlib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ingestion.connectors.source import NamedSource
from ingestion.contracts.file_names import match_pattern

LONGEST_NAME = 200  # bytes; file systems end at 255, and a name gets a suffix while it is fetched


@dataclass(frozen=True)
class RemoteFile:
    """A file as its server tells of it; `name` is its path below the source's url.

    Where a server does not tell size, time (in seconds since 1970) or tag, they are None or empty.
    """

    name: str
    size: int | None = None
    modified: float | None = None
    tag: str = ""

    @property
    def version(self) -> str:
        """Equal for equal contents as far as the server tells; empty where it tells neither time nor tag.

        It is written down, so of the tag, a text of the server's own choice which may repeat a credential,
        there is the hash.
        """
        if self.modified is None and not self.tag:
            return ""
        tag = hashlib.sha256(self.tag.encode()).hexdigest()[:32] if self.tag else ""
        return f"{self.size}|{self.modified}|{tag}"


class Folder(Protocol):
    """A folder on a server; each method raises one FetchError for whatever goes wrong."""

    def files(self, is_wanted: Callable[[str], bool]) -> Iterator[RemoteFile]:
        """The files with a wanted path, as deep below the url as the source's patterns look."""
        ...

    def look(self, name: str) -> RemoteFile:
        """One file as it is now."""
        ...

    def read(self, file: RemoteFile, start: int) -> Iterator[bytes]:
        """The bytes of a file from `start` on, in pieces."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


def is_wanted(source: NamedSource, name: str) -> bool:
    """Whether a path below the url fits one of the source's patterns; what is hidden never does."""
    if any(part.startswith(".") for part in name.split("/")):
        return False
    return any(name.count("/") == p.count("/") and match_pattern(p, name) for p in source.files)


def is_safe(name: str) -> bool:
    """Whether a server's name can become a file below our folder, and nothing else."""
    parts = name.split("/")
    return (
        all(part and part not in (".", "..") and len(part.encode()) <= LONGEST_NAME for part in parts)
        and "\\" not in name
        and not any(unicodedata.category(char) in ("Cc", "Cs") for char in name)
    )
