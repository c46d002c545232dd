"""The vault's file: attached with its key, or told in one clear error why not."""

from __future__ import annotations

from pathlib import Path

import duckdb

from identity.vault_key import KEY_VARIABLE, Key, VaultError, VaultInUse, WrongKey, keys_of_a_reader
from ingestion.home import Home
from ingestion.sql_text import literal


def attach(
    con: duckdb.DuckDBPyConnection, file: Path, key: Key, name: str, *, read_only: bool = False
) -> None:
    """Attach an encrypted database, or make it."""
    options = f"encryption_key {literal(key.text)}" + (", read_only" if read_only else "")
    try:
        con.execute(f"attach {literal(str(file))} as {name} ({options})")
    except duckdb.Error as error:
        # DuckDB's message is not passed on: it may quote the statement, and that holds the key
        raise _cannot_open(file, key, error) from None


def attach_to_read(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Attach the vault as `vault`, also in the midst of a change of its key; nothing on disk is changed."""
    refused: WrongKey | None = None
    for key in keys_of_a_reader(home):
        try:
            attach(con, home.vault, key, "vault", read_only=True)
        except WrongKey as error:
            refused = refused or error
        else:
            return
    assert refused is not None
    raise refused


def logs_of(file: Path) -> list[Path]:
    """What lies beside a database of commits that are not in the file itself; a killed writer leaves it."""
    names = [f"{file.name}.wal{kind}" for kind in ("", ".checkpoint", ".recovery")]
    return [log for log in map(file.with_name, names) if log.exists()]


def _cannot_open(file: Path, key: Key, error: duckdb.Error) -> VaultError:
    from_where = key.file or f"the environment variable {KEY_VARIABLE}"
    if "Wrong encryption key" in str(error):
        return WrongKey(
            "The vault does not open with this key",
            where=str(file),
            rule=f"the key was taken from {from_where}",
            next_step="Give the key that the vault was made with, or last rotated to",
        )
    # not "block", of which a damaged file's errors speak
    if isinstance(error, duckdb.IOException) and "Could not set lock" in str(error):
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


def load_crypto(con: duckdb.DuckDBPyConnection) -> None:
    """What writes encrypted files with OpenSSL, from its Python package: nothing is fetched from anywhere."""
    import duckdb_extension_httpfs

    folder = Path(next(iter(duckdb_extension_httpfs.__path__)))
    files = sorted(folder.glob(f"extensions/v{duckdb.__version__}/**/httpfs.duckdb_extension"))
    if not files:
        raise VaultError(
            f"The package duckdb-extension-httpfs is not the one for DuckDB {duckdb.__version__}",
            where=str(folder),
            next_step="Install both in the versions of requirements.lock",
        )
    con.execute("set autoinstall_known_extensions = false")
    con.execute(f"load {literal(str(files[0]))}")
