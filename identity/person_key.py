"""The deployment's secret that person ids are derived with."""

from __future__ import annotations

import os
import secrets

from ingestion.home import Home
from ingestion.key_files import write_key_once

KEY_VARIABLE = "MILEPOST_PERSON_KEY"


def person_key(home: Home) -> str:
    """The deployment's secret, made on first use: whoever holds it can compute person ids from state ids."""
    if given := os.environ.get(KEY_VARIABLE):
        return given
    if not home.person_id_key.exists():
        write_key_once(home.person_id_key, secrets.token_hex(32))
    return home.person_id_key.read_text().strip()
