"""The warehouse's file, which holds children's records: attached with its key, written anew under another.

Only dbt writes to it (orchestration/dbt_plugin.py); all others read.
"""

from __future__ import annotations

import hmac
from pathlib import Path

import duckdb

from ingestion.encrypted_file import (
    attach_encrypted,
    is_of_key,
    is_of_plain,
    is_of_use,
    load_crypto,
    logs_of,
)
from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.spill import working_database
from ingestion.vault_key import KEY_VARIABLE, Key, open_as_a_reader, vault_key

PURPOSE = b"milepost: the warehouse"
HEADERS = 3 * 4096  # bytes that any file of DuckDB has


class WarehouseError(MilepostError):
    """The warehouse cannot be opened; nothing was changed, and the current release stays in force."""


class WrongWarehouseKey(WarehouseError):
    """The warehouse is there, and another key opens it."""


class WarehouseInUse(WarehouseError):
    """Another process has the warehouse open; nothing is wrong with it."""


class PlainWarehouse(WarehouseError):
    """The warehouse is one of an older version, which did not encrypt it."""


def warehouse_key(key: Key) -> Key:
    """The warehouse's key, made of the vault's: who is given it opens no vault, where names are."""
    return Key(hmac.digest(key.text.encode(), PURPOSE, "sha256").hex(), key.file)


def open_warehouse(home: Home) -> duckdb.DuckDBPyConnection:
    """A connection that reads the warehouse, whose views read files beside it; else as `attach_warehouse`."""
    con = working_database(home)
    try:
        attach_warehouse(con, home)
    except BaseException:
        con.close()
        raise
    con.execute("use warehouse")
    con.execute("set file_search_path = ?", [str(home.root)])
    return con


def attach_warehouse(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Attach the warehouse as `warehouse` to read it, also in the midst of a change of its key.

    BadKey where there is no key, WarehouseError where the file does not open with it or is not there.
    """
    if not home.warehouse.exists():
        raise WarehouseError(
            "Nothing was built yet", where=str(home.warehouse), next_step="Run `milepost refresh`"
        )
    _encrypt(con)
    open_as_a_reader(
        home,
        lambda key: _attach(con, home.warehouse, warehouse_key(key), "warehouse", read_only=True),
        WrongWarehouseKey,
    )


def attach_warehouse_to_write(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Attach the warehouse as `warehouse`, or make it; with the first of a home, the vault's key is made."""
    _encrypt(con)
    key = vault_key(home, may_make=not (home.warehouse.exists() or home.vault.exists()))
    _attach(con, home.warehouse, warehouse_key(key), "warehouse")


def check_warehouse(home: Home, *, may_remove: bool = False) -> None:
    """As `attach_warehouse`, where a refresh could neither open the warehouse nor do without.

    With `may_remove` one of an older version is removed, as is what a kill left of a file just begun: the
    refresh makes it anew. For that the caller holds the writer's lock.
    """
    # which key it is to have can be told once a change of it is finished
    if not home.warehouse.exists() or (has_copy(home) and not may_remove):
        return
    if home.warehouse.stat().st_size < HEADERS:
        if may_remove:
            remove_warehouse(home)
        return
    try:
        with working_database(home) as con:
            attach_warehouse(con, home)
    except PlainWarehouse:
        if may_remove:
            remove_warehouse(home)
    except WarehouseInUse:
        pass


def remove_warehouse(home: Home) -> None:
    """Remove the warehouse; the next refresh makes it anew of lake and vault."""
    # commits beside it first: beside the next file they would be another file's
    for file in (*logs_of(home.warehouse), home.warehouse):
        file.unlink(missing_ok=True)


# ---- another key -----------------------------------------------------------------------------------------
def copy_under(home: Home, old: Key, fresh: Key) -> None:
    """Write the warehouse anew under what is to be the vault's key, beside it, for `settle_copy`.

    Nothing where there is no warehouse, or one of an older version, which the next refresh replaces.
    """
    drop_unfinished(home)
    unfinished = _unfinished(home)
    with working_database(home) as con:
        _encrypt(con)
        try:
            if home.warehouse.exists():
                _attach(con, home.warehouse, warehouse_key(old), "warehouse")
        except PlainWarehouse:
            return
        if not home.warehouse.exists():
            return
        con.execute("set storage_compatibility_version = 'latest'")  # as dbt's profile has it
        con.execute("checkpoint warehouse")
        _attach(con, unfinished, warehouse_key(fresh), "fresh")
        con.execute("copy from database warehouse to fresh")
        con.execute("checkpoint fresh")
        con.execute("detach fresh")
        con.execute("detach warehouse")
    unfinished.replace(_copy(home))


def settle_copy(home: Home, key: Key) -> None:
    """Let the copy that `copy_under` made take its place where `key` is the vault's; else it goes."""
    drop_unfinished(home)
    copy = _copy(home)
    if not copy.exists():
        return
    with working_database(home) as con:
        _encrypt(con)
        try:
            _attach(con, copy, warehouse_key(key), "copy", read_only=True)
        except WrongWarehouseKey:
            copy.unlink()
            return
    copy.replace(home.warehouse)


def has_copy(home: Home) -> bool:
    """Whether a change of the key left a copy to be settled."""
    return _copy(home).exists()


def drop_unfinished(home: Home) -> None:
    """Remove what a kill left of a copy that was being written."""
    for file in (*logs_of(_unfinished(home)), _unfinished(home)):
        file.unlink(missing_ok=True)


def _copy(home: Home) -> Path:
    return home.warehouse.with_name(f"{home.warehouse.name}.rekeyed")


def _unfinished(home: Home) -> Path:
    return home.warehouse.with_name(f"{home.warehouse.name}.rekeying")


# ---- opening ---------------------------------------------------------------------------------------------
def _encrypt(con: duckdb.DuckDBPyConnection) -> None:
    load_crypto(con)
    con.execute("set temp_file_encryption = true")


def _attach(
    con: duckdb.DuckDBPyConnection, file: Path, key: Key, name: str, *, read_only: bool = False
) -> None:
    attach_encrypted(con, file, key, name, _cannot_open, read_only=read_only)


def _cannot_open(file: Path, key: Key, error: duckdb.Error) -> WarehouseError:
    if is_of_key(error):
        return WrongWarehouseKey(
            "The warehouse does not open with this key",
            where=str(file),
            rule=f"it is made of the vault's, taken from {key.file or f'the variable {KEY_VARIABLE}'}",
            next_step="Give the key that the vault has; if it is lost, remove this file:"
            " `milepost refresh` makes it anew",
        )
    if is_of_plain(error):
        return PlainWarehouse(
            "The warehouse is of an older version, which did not encrypt it",
            where=str(file),
            next_step="Run `milepost refresh`, which makes it anew",
        )
    if is_of_use(error):
        return WarehouseInUse(
            "The warehouse is in use by another process",
            where=str(file),
            next_step="Try again when the refresh has ended; releases can always be asked",
        )
    return WarehouseError(
        "The warehouse is damaged or no warehouse",
        where=str(file),
        rule=f"nothing is kept there alone ({type(error).__name__})",
        next_step="Remove this file: `milepost refresh` makes it anew",
    )
