"""Whether the vault and its key are as a refresh needs them: looked at, and nothing is changed."""

from __future__ import annotations

import os
from dataclasses import dataclass

import duckdb

from identity.vault_file import attach_to_read
from identity.vault_traces import is_lost, no_vault
from ingestion.encrypted_file import load_crypto
from ingestion.home import Home
from ingestion.vault_key import (
    KEY_FILE_VARIABLE,
    KEY_VARIABLE,
    BadKey,
    VaultError,
    VaultInUse,
    key_file,
    vault_key,
)


@dataclass(frozen=True)
class VaultState:
    """What was found: `vault` and `key` are what is wrong with them; in use, the key was not tried."""

    is_there: bool
    is_in_use: bool = False
    vault: VaultError | None = None
    key: BadKey | None = None


def look_at_vault(home: Home) -> VaultState:
    """The vault of a home and its key, opened if it is there."""
    if not home.vault.exists():
        return VaultState(False, vault=no_vault(home) if is_lost(home) else None, key=_first_key(home))
    try:
        with duckdb.connect() as con:
            load_crypto(con)
            attach_to_read(con, home)
    except BadKey as error:
        return VaultState(True, key=error)
    except VaultInUse:
        return VaultState(True, is_in_use=True)
    except VaultError as error:
        return VaultState(True, vault=error)
    return VaultState(True)


def check_vault(home: Home, *, new_vault: bool = False) -> None:
    """VaultError if a refresh could neither open the vault nor make one, as `new_vault` may allow it to."""
    state = look_at_vault(home)
    if state.vault and (state.is_there or not new_vault):
        raise state.vault
    if state.key:
        raise state.key


def _first_key(home: Home) -> BadKey | None:
    """What is wrong with the key for a vault to be made; where none is given, the first refresh makes it."""
    file = key_file(home)
    is_given = os.environ.get(KEY_VARIABLE) or os.environ.get(KEY_FILE_VARIABLE)
    if not is_given and (file is None or not file.exists()):
        return None
    try:
        vault_key(home)
    except BadKey as error:
        return error
    return None
