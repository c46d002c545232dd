"""Files that hold a key: their owner's alone, whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_key(file: Path, text: str) -> None:
    """Write a key in the place of what was there."""
    _draft(file, text).replace(file)
    _settle(file.parent)


def write_key_once(file: Path, text: str) -> None:
    """Write a key where none is yet: of two first runs at once the first one's stays."""
    draft = _draft(file, text)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _settle(file.parent)


def _draft(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as written:
        written.write(text + "\n")
        written.flush()
        os.fsync(written.fileno())
    return draft


def _settle(folder: Path) -> None:
    """Have the folder on disk too: a vault must not outlive the name of its key when the power fails."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
