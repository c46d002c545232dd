"""Troubles of the machine under a deployment: a full disk, a folder that may not be written."""

from __future__ import annotations

import errno
import os

from ingestion.errors import MilepostError
from ingestion.home import Home

OF_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE)
DATABASES = ("sqlalchemy", "sqlite3", "duckdb", "_duckdb")
# what the databases of Dagster and the warehouse call the same
TOLD = {
    "database or disk is full": errno.ENOSPC,
    "no space left on device": errno.ENOSPC,
    "readonly database": errno.EROFS,
    "read-only file system": errno.EROFS,
    "unable to open database file": errno.EACCES,
    "permission denied": errno.EACCES,
    "disk i/o error": errno.EIO,
}


def trouble_of_machine(error: BaseException) -> MilepostError | None:
    """One clear error for a trouble of disk or rights; None for anything else.

    Of the message of another library only the kind of trouble is told, and of an OSError the file's name.
    """
    number, place = None, None
    if isinstance(error, OSError):
        number, place = error.errno, error.filename
    elif type(error).__module__.partition(".")[0] in DATABASES:
        said = str(error).lower()
        number = next((code for words, code in TOLD.items() if words in said), None)
    if number not in OF_DISK:
        return None
    return MilepostError(
        f"cannot be used ({os.strerror(number)})",
        where=str(place or Home.from_environment().root),
        rule="What was in force and published before still is",
        next_step="See to free disk space and the rights of this place, then run the command again",
    )
