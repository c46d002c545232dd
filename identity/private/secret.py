"""The secret of encodings, from the environment or a file of its owner's alone; never a command line."""

from __future__ import annotations

import os
from pathlib import Path

from identity.private.encoding import SecretError

SECRET_VARIABLE = "MILEPOST_LINKAGE_KEY"
SECRET_FILE_VARIABLE = "MILEPOST_LINKAGE_KEY_FILE"


def linkage_secret(file: Path | None = None) -> str:
    """The secret of `file`, else of MILEPOST_LINKAGE_KEY, else of the file in MILEPOST_LINKAGE_KEY_FILE.

    SecretError where there is none, and where others than its owner may read the file.
    """
    if file is None and (given := os.environ.get(SECRET_VARIABLE, "").strip()):
        return given
    if file is None and (named := os.environ.get(SECRET_FILE_VARIABLE)):
        file = Path(named).expanduser()
    if file is None:
        raise SecretError(
            "The secret for encoding is not set",
            rule=f"it is read from {SECRET_VARIABLE}, or from a file",
            next_step=f"Set {SECRET_VARIABLE} or {SECRET_FILE_VARIABLE}; the data manager has the secret",
        )
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise SecretError(
                "Others may read the file of the secret", where=str(file), next_step=f"Run `chmod 600 {file}`"
            )
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(
            "The file of the secret cannot be read", where=str(file), rule=type(error).__name__,
            next_step="Name a text file with the secret alone",
        ) from None  # fmt: skip
