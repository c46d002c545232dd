"""The deployment's secret that person ids are derived with."""

from __future__ import annotations

import os
import secrets

from ingestion.home import Home

KEY_VARIABLE = "MILEPOST_PERSON_KEY"


def person_key(home: Home) -> str:
    """The deployment's secret, made on first use: whoever holds it can compute person ids from state ids."""
    if given := os.environ.get(KEY_VARIABLE):
        return given
    path = home.person_id_key
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)  # two first runs at once: the first key stays, nobody overwrites it
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
