"""Another key for the vault: killed at any point, the file on disk always has a key that is known."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from identity.vault_file import attach, load_crypto
from identity.vault_key import (
    KEY_VARIABLE,
    Key,
    VaultError,
    WrongKey,
    key_file,
    long_enough,
    vault_key,
    write_key,
)
from ingestion.home import Home
from ingestion.spill import working_database


def rotate_key(home: Home, new: str | None = None) -> Key:
    """Encrypt the vault under another key (`new`, else a random one) and keep it where the old one was.

    Where the environment holds the key, `new` must be given and the caller has to set it there afterwards.
    Killed at any point, the next opening finishes what was begun or drops it: the file on disk always has a
    key.
    """
    finish_rotation(home)
    old = vault_key(home)
    if old.file is None and new is None:
        raise VaultError(
            f"The key is in {KEY_VARIABLE}, and there is no new one",
            next_step="Give the new key in MILEPOST_VAULT_NEW_KEY, then set it as the key",
        )
    fresh = long_enough(Key(new or secrets.token_hex(32), old.file))
    rotating = home.vault.with_suffix(".rotating")
    rotating.unlink(missing_ok=True)
    if old.file:
        write_key(_next(old.file), fresh.text)
    with working_database(home) as con:
        load_crypto(con)
        attach(con, home.vault, old, "old", read_only=True)
        attach(con, rotating, fresh, "fresh")
        con.execute("copy from database old to fresh")
        con.execute("detach fresh")
        con.execute("detach old")
    rotating.chmod(0o600)
    rotating.replace(home.vault)
    finish_rotation(home)
    return fresh


def finish_rotation(home: Home) -> None:
    """After a kill: the vault's file tells which of two keys is the one; the other is removed."""
    rotating = home.vault.with_suffix(".rotating")
    if os.environ.get(KEY_VARIABLE) or not home.vault.exists():
        return
    file = key_file(home)
    if not _next(file).exists():
        return
    if _opens(home, Key(_next(file).read_text().strip(), file)):
        _next(file).replace(file)
    else:
        _next(file).unlink()
        rotating.unlink(missing_ok=True)


def _next(file: Path) -> Path:
    return file.with_name(f"{file.name}.next")


def _opens(home: Home, key: Key) -> bool:
    with working_database(home) as con:
        load_crypto(con)
        try:
            attach(con, home.vault, key, "vault", read_only=True)
        except WrongKey:
            return False
        return True
