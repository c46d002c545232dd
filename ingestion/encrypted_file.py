"""A database of DuckDB that a key opens: attached by it, and told apart why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from ingestion.errors import MilepostError
from ingestion.sql_text import literal
from ingestion.vault_key import Key


def load_crypto(con: duckdb.DuckDBPyConnection) -> None:
    """What writes encrypted files with OpenSSL, from its Python package: nothing is fetched from anywhere."""
    import duckdb_extension_httpfs

    folder = Path(next(iter(duckdb_extension_httpfs.__path__)))
    files = sorted(folder.glob(f"extensions/v{duckdb.__version__}/**/httpfs.duckdb_extension"))
    if not files:
        raise MilepostError(
            f"The package duckdb-extension-httpfs is not the one for DuckDB {duckdb.__version__}",
            where=str(folder),
            next_step="Install both in the versions of requirements.lock",
        )
    con.execute("set autoinstall_known_extensions = false")
    con.execute(f"load {literal(str(files[0]))}")


def attach_encrypted(
    con: duckdb.DuckDBPyConnection,
    file: Path,
    key: Key,
    name: str,
    why_not: Callable[[Path, Key, duckdb.Error], MilepostError],
    *,
    read_only: bool = False,
) -> None:
    """Attach an encrypted database as `name`, or make it; else raise what `why_not` makes of DuckDB's error.

    DuckDB's message is not passed on: it may quote the statement, and that holds the key.
    """
    options = f"encryption_key {literal(key.text)}" + (", read_only" if read_only else "")
    try:
        con.execute(f"attach if not exists {literal(str(file))} as {name} ({options})")
    except duckdb.Error as error:
        raise why_not(file, key, error) from None


def is_of_key(error: duckdb.Error) -> bool:
    """Whether another key opens the file."""
    return "Wrong encryption key" in str(error)


def is_of_plain(error: duckdb.Error) -> bool:
    """Whether the file is not encrypted at all."""
    return "is not encrypted" in str(error)


def is_of_use(error: duckdb.Error) -> bool:
    """Whether another process has the file open."""
    # not "block", of which a damaged file's errors speak
    return isinstance(error, duckdb.IOException) and "Could not set lock" in str(error)


def logs_of(file: Path) -> list[Path]:
    """What lies beside a database of commits that are not in the file itself; a killed writer leaves it."""
    names = [f"{file.name}.wal{kind}" for kind in ("", ".checkpoint", ".recovery")]
    return [log for log in map(file.with_name, names) if log.exists()]
