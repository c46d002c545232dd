"""The vault's key: where it is taken from, and that it never lies beside the vault."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import MilepostError
from ingestion.home import Home

KEY_VARIABLE = "MILEPOST_VAULT_KEY"
KEY_FILE_VARIABLE = "MILEPOST_VAULT_KEY_FILE"
SHORTEST_KEY = 16  # characters


class VaultError(MilepostError):
    """The vault cannot be opened; nothing was changed, and the links of the last refresh stay in force."""


class WrongKey(VaultError):
    """The vault is there, and another key opens it."""


@dataclass(frozen=True)
class Key:
    """The vault's key and where it came from; `file` is None where the environment holds it."""

    text: str
    file: Path | None

    def __repr__(self) -> str:
        return f"Key(..., file={self.file})"  # a traceback must not tell it


def vault_key(home: Home, *, may_make: bool = False) -> Key:
    """The key: of the environment, of the file it names, else of the owner's configuration folder.

    Never inside the home: who copies the home must not get both. The last is made on first use, where
    `may_make` says so.
    """
    if given := os.environ.get(KEY_VARIABLE):
        return long_enough(Key(given.strip(), None))
    file = key_file(home)
    if file.resolve().is_relative_to(home.root.resolve()):
        raise VaultError(
            "The vault's key lies beside the vault",
            where=str(file),
            rule="a copy of the home must not open the vault",
            next_step=f"Move it out of the home and name it in {KEY_FILE_VARIABLE}",
        )
    if not file.exists():
        if not may_make or os.environ.get(KEY_FILE_VARIABLE):
            raise VaultError(
                "The vault's key is missing",
                where=str(file),
                next_step=f"Put it there, or set {KEY_VARIABLE} or {KEY_FILE_VARIABLE}",
            )
        write_key(file, secrets.token_hex(32))
    return long_enough(Key(file.read_text().strip(), file))


def key_file(home: Home) -> Path:
    """Where the key is looked for when the environment does not hold it."""
    if named := os.environ.get(KEY_FILE_VARIABLE):
        return Path(named).expanduser()
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return folder / "milepost" / "vaults" / f"{_vault_id(home)}.key"


def write_key(file: Path, text: str) -> None:
    """Write a key that only its owner reads, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as written:
        written.write(text + "\n")
        written.flush()
        os.fsync(written.fileno())
    draft.replace(file)


def _vault_id(home: Home) -> str:
    """A name for the vault that stays when the home is moved."""
    file = home.identity / "vault.id"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_name(f"vault.id.{os.getpid()}")
        draft.write_text(secrets.token_hex(8) + "\n")
        draft.replace(file)
    return file.read_text().strip()


def long_enough(key: Key) -> Key:
    """The key itself; VaultError where it could be guessed."""
    if len(key.text) < SHORTEST_KEY:
        raise VaultError(
            "The vault's key is too short",
            where=str(key.file or KEY_VARIABLE),
            rule=f"{SHORTEST_KEY} characters or more",
            next_step="Make one with `openssl rand -hex 32`",
        )
    return key
