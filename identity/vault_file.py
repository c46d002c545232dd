"""The vault's file: attached with its key, or told in one clear error why not."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingestion.encrypted_file import attach_encrypted, is_of_key, is_of_use
from ingestion.home import Home
from ingestion.vault_key import KEY_VARIABLE, Key, VaultError, VaultInUse, WrongKey, open_as_a_reader


def attach(
    con: duckdb.DuckDBPyConnection, file: Path, key: Key, name: str, *, read_only: bool = False
) -> None:
    """Attach an encrypted database, or make it."""
    attach_encrypted(con, file, key, name, _cannot_open, read_only=read_only)


def attach_to_read(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Attach the vault as `vault`, also in the midst of a change of its key; nothing on disk is changed."""
    open_as_a_reader(home, lambda key: attach(con, home.vault, key, "vault", read_only=True), WrongKey)


def _cannot_open(file: Path, key: Key, error: duckdb.Error) -> VaultError:
    from_where = key.file or f"the environment variable {KEY_VARIABLE}"
    if is_of_key(error):
        return WrongKey(
            "The vault does not open with this key",
            where=str(file),
            rule=f"the key was taken from {from_where}",
            next_step="Give the key that the vault was made with, or last rotated to",
        )
    if is_of_use(error):
        return VaultInUse(
            "The vault is open in another process", where=str(file), next_step="Wait until it has ended"
        )
    return damaged(file)


def is_of_damage(error: duckdb.Error, file: Path) -> bool:
    """Whether an error in the midst of work comes of the file, and not of what was asked of it."""
    if isinstance(error, duckdb.InvalidInputException):
        return "AES tag" in str(error)  # a block that is not what was encrypted
    if isinstance(error, duckdb.IOException | duckdb.SerializationException):
        return str(file) in str(error)
    return isinstance(error, duckdb.FatalException)


def damaged(file: Path) -> VaultError:
    """What to say of a vault that cannot be read though its key is right."""
    return VaultError(
        "The vault is damaged or no vault",
        where=str(file),
        rule="person_ids are kept there; what partners sent is still in the lake",
        next_step="Restore the file from a backup, as docs/runbook.md says",
    )
