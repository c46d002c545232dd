"""The vault's key: where it is taken from, and that it never lies beside the vault."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.key_files import write_key_once

KEY_VARIABLE = "MILEPOST_VAULT_KEY"
KEY_FILE_VARIABLE = "MILEPOST_VAULT_KEY_FILE"
SHORTEST_KEY = 16  # characters


class VaultError(MilepostError):
    """The vault cannot be opened; nothing was changed, and the links of the last refresh stay in force."""


class VaultInUse(VaultError):
    """Another process has the vault open; nothing is wrong with it."""


class BadKey(VaultError):
    """There is no key, or not one that may be used."""


class WrongKey(BadKey):
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
    `may_make` says so; without it nothing on disk is changed.
    """
    if given := os.environ.get(KEY_VARIABLE):
        return long_enough(Key(given.strip(), None))
    if may_make and not os.environ.get(KEY_FILE_VARIABLE):
        write_key_once(_vault_id(home), secrets.token_hex(8))
    file = key_file(home)
    if file is None:
        raise BadKey(
            "Which key the vault has is not known",
            where=str(_vault_id(home)),
            rule="this file says which key of the configuration folder is the vault's",
            next_step=f"Put it back, or set {KEY_VARIABLE} or {KEY_FILE_VARIABLE}",
        )
    if file.resolve().is_relative_to(home.root.resolve()):
        raise BadKey(
            "The vault's key lies beside the vault",
            where=str(file),
            rule="a copy of the home must not open the vault",
            next_step=f"Move it out of the home and name it in {KEY_FILE_VARIABLE}",
        )
    if not file.exists():
        if not may_make or os.environ.get(KEY_FILE_VARIABLE):
            raise BadKey(
                "The vault's key is missing",
                where=str(file),
                next_step=f"Put it there, or set {KEY_VARIABLE} or {KEY_FILE_VARIABLE}",
            )
        write_key_once(file, secrets.token_hex(32))
    return long_enough(Key(_read(file), file))


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadKey(
            "The vault's key cannot be read",
            where=str(file),
            rule=f"a file of text that its owner may read ({type(error).__name__})",
            next_step=f"Put the key there, or set {KEY_VARIABLE} or {KEY_FILE_VARIABLE}",
        ) from None


def key_file(home: Home) -> Path | None:
    """Where the key is looked for when the environment does not hold it; None before a vault has a name."""
    if named := os.environ.get(KEY_FILE_VARIABLE):
        return Path(named).expanduser()
    if not _vault_id(home).exists():
        return None
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return folder / "milepost" / "vaults" / f"{_vault_id(home).read_text().strip()}.key"


def next_key_file(file: Path) -> Path:
    """Beside a key, the one that the vault is being encrypted with anew."""
    return file.with_name(f"{file.name}.next")


def former_key_file(file: Path) -> Path:
    """Beside a key that is to be replaced, where it is kept for copies of the vault from before."""
    which = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    return file.with_name(f"{file.name}.former-{which}")


def keys_of_a_reader(home: Home) -> Iterator[Key]:
    """The keys that may open the vault, each read when the one before did not.

    While the key is being changed, by a process at work or one that was killed, it is the next key; and the
    key once more if it was changed between two looks.
    """
    first = vault_key(home)
    yield first
    if first.file is None:
        return
    following = next_key_file(first.file)
    try:
        text = following.read_text().strip()
    except FileNotFoundError:
        text = first.text
    if text != first.text:
        yield Key(text, first.file)
    again = vault_key(home)
    if again.text not in (first.text, text):
        yield again


def open_as_a_reader(home: Home, opens: Callable[[Key], None], wrong: type[MilepostError]) -> None:
    """Call `opens` with each key of a reader until one does not raise `wrong`; else raise its first error."""
    refused: MilepostError | None = None
    for key in keys_of_a_reader(home):
        try:
            opens(key)
        except wrong as error:
            refused = refused or error
        else:
            return
    assert refused is not None
    raise refused


def _vault_id(home: Home) -> Path:
    """The file with a name for the vault that stays when the home is moved."""
    return home.identity / "vault.id"


def long_enough(key: Key) -> Key:
    """The key itself; VaultError where it could be guessed."""
    if len(key.text) < SHORTEST_KEY:
        raise BadKey(
            "The vault's key is too short",
            where=str(key.file or KEY_VARIABLE),
            rule=f"{SHORTEST_KEY} characters or more",
            next_step="Make one with `openssl rand -hex 32`",
        )
    return key
