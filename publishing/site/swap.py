"""A folder replaced by another at once: whoever looks sees the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from publishing.site.source import SiteError

MARK = "site.json"  # a folder that holds it was made by us, and may be replaced
AT_CWD = -100
EXCHANGE = 2


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """An empty folder to fill; when the block ends it takes the place of `target`, or nothing changes.

    What a killed build left is cleared by the next one. SiteError where `target` is not ours to replace,
    cannot be written, or is being built by another process.
    """
    target = target.absolute()
    refuse_other_folder(target)
    unfinished, old, lock = (target.with_name(f".{target.name}.{kind}") for kind in ("new", "old", "lock"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock.touch()  # whether it can be written: a lock would only say that it is taken
        with FileLock(lock, timeout=0):
            if old.exists() and not target.exists():
                old.rename(target)  # killed between two renames
            for left in (unfinished, old):
                shutil.rmtree(left, ignore_errors=True)
            unfinished.mkdir()
            try:
                yield unfinished
                _put(unfinished, target, old)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
                shutil.rmtree(old, ignore_errors=True)
    except Timeout:
        raise SiteError(
            "Another process builds this site", where=str(target), next_step="Try again when it has ended"
        ) from None
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise SiteError(
            f"The site cannot be written: {error.strerror or error}",
            where=str(target),
            next_step="Free disk space, then run it again"
            if is_full
            else "Name a folder that you may write to with --output",
        ) from error


def refuse_other_folder(target: Path) -> None:
    """SiteError where the folder holds something that is no site of ours: it would be lost."""
    if not target.exists():
        return
    with contextlib.suppress(OSError):
        if target.is_dir() and ((target / MARK).is_file() or not any(target.iterdir())):
            return
    raise SiteError(
        "This is no site of Milepost, and it would be replaced",
        where=str(target),
        next_step="Name an empty or a new folder with --output",
    )


def _put(new: Path, target: Path, old: Path) -> None:
    if not target.exists():
        new.rename(target)
    elif not _exchanged(new, target):
        target.rename(old)
        new.rename(target)


def _exchanged(one: Path, other: Path) -> bool:
    """Both change names in one step, where the system can."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    done: int = rename(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), EXCHANGE)
    return done == 0
