"""Another key for vault and warehouse: killed at any point, each file on disk has a key that is known."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from identity.opt_outs import seal_for_both, seal_for_one
from identity.vault_file import attach
from identity.vault_traces import no_vault
from ingestion.encrypted_file import load_crypto, logs_of
from ingestion.home import Home
from ingestion.key_files import write_key
from ingestion.spill import working_database
from ingestion.vault_key import (
    KEY_VARIABLE,
    Key,
    VaultError,
    WrongKey,
    former_key_file,
    key_file,
    long_enough,
    next_key_file,
    vault_key,
)
from ingestion.warehouse_file import copy_under, has_copy, settle_copy


def rotate_key(home: Home, new: str | None = None) -> Key:
    """Encrypt vault and warehouse under another key (`new`, else a random one), kept where the old one was.

    Where the environment holds the key, `new` must be given and the caller has to set it there afterwards.
    The caller holds the writer's lock. Killed at any point, the next writer finishes what was begun or drops
    it: each file on disk always has a key. The vault's comes first and tells which of the two keys is the
    one; the warehouse's, a copy of which lies ready by then, follows it.
    """
    if not home.vault.exists():
        raise no_vault(home)
    finish_rotation(home)
    old = vault_key(home)
    if old.file is None and new is None:
        raise VaultError(
            f"The key is in {KEY_VARIABLE}, and there is no new one",
            next_step="Give the new key in MILEPOST_VAULT_NEW_KEY, then set it as the key",
        )
    fresh = long_enough(Key(new or secrets.token_hex(32), old.file))
    rotating = _rotating(home)
    with working_database(home) as con:
        load_crypto(con)
        attach(con, home.vault, old, "old")
        seal_for_both(home, old, fresh)
        # a killed writer left commits beside the file; beside the new one they would be another file's
        con.execute("checkpoint old")
        if old.file:
            write_key(next_key_file(old.file), fresh.text)
        attach(con, rotating, fresh, "fresh")
        con.execute("copy from database old to fresh")
        con.execute("checkpoint fresh")
        con.execute("detach fresh")
        con.execute("detach old")
    if left := [*logs_of(home.vault), *logs_of(rotating)]:
        raise VaultError(
            "The vault keeps its key, for not all of it is in its file",
            where=str(left[0]),
            next_step="Run `milepost refresh`, then change the key again",
        )
    copy_under(home, old, fresh)
    rotating.chmod(0o600)
    rotating.replace(home.vault)
    settle_copy(home, fresh)
    finish_rotation(home)
    seal_for_one(home, fresh)
    return fresh


def finish_rotation(home: Home) -> None:
    """After a kill: the vault's file tells which of two keys is the one; the other is removed.

    For who holds the writer's lock alone: what it removes, another process may be at work with.
    """
    if not home.vault.exists():
        return
    rotating = _rotating(home)
    for copy in (rotating, *logs_of(rotating)):  # never the only one: it is not the vault until renamed
        copy.unlink(missing_ok=True)
    file = key_file(home)
    if os.environ.get(KEY_VARIABLE) or file is None or not next_key_file(file).exists():
        if has_copy(home) and _opens(home, key := vault_key(home)):
            settle_copy(home, key)
        return
    following = next_key_file(file)
    if _opens(home, key := Key(following.read_text().strip(), file)):
        settle_copy(home, key)
        # copies of the home, backups above all, are opened by no other key
        write_key(former_key_file(file), file.read_text().strip())
        following.replace(file)
    elif _opens(home, key := vault_key(home)):
        settle_copy(home, key)
        following.unlink()


def _rotating(home: Home) -> Path:
    return home.vault.with_suffix(".rotating")


def _opens(home: Home, key: Key) -> bool:
    with working_database(home) as con:
        load_crypto(con)
        try:
            attach(con, home.vault, key, "vault", read_only=True)
        except WrongKey:
            return False
        return True
