"""The vault: names, birth dates and addresses of children in an encrypted file that identity alone opens."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.spill import working_database
from ingestion.sql_text import literal

KEY_VARIABLE = "MILEPOST_VAULT_KEY"
KEY_FILE_VARIABLE = "MILEPOST_VAULT_KEY_FILE"
SHORTEST_KEY = 16  # characters

SCHEMA = """
    create table if not exists vault.generation (number bigint);
    create table if not exists vault.file (file_key varchar primary key, tells_of_persons boolean);
    create table if not exists vault.account (
        file_key varchar, community_id varchar, partner_id varchar, student_id varchar, member_id ubigint,
        first_name varchar, middle_name varchar, last_name varchar, birth_date date, sex varchar,
        address varchar, zip_code varchar, state_student_id varchar, replaced_by_student_id varchar,
        extract_id varchar, school_year integer, collection varchar,
        clk varchar, clk_version varchar, hashed_national_id varchar, n_rows bigint
    );
    alter table vault.account add column if not exists birth_year integer;
    create table if not exists vault.member (
        member_id ubigint primary key, partner_id varchar, student_id varchar, person_id varchar,
        method varchar, since timestamp
    );
    create table if not exists vault.alias (
        former_person_id varchar primary key, person_id varchar, since timestamp
    );
    create table if not exists vault.change (
        person_id varchar, other_person_id varchar, kind varchar, cause varchar, changed_at timestamp
    );
    create table if not exists vault.model (
        community_id varchar, version varchar, content varchar, n_records bigint, trained_at timestamp
    );
    create table if not exists vault.record (record_id ubigint, member_id ubigint, group_id ubigint);
    create table if not exists vault.pair (
        record_l ubigint, record_r ubigint, match_weight double, match_probability double,
        levels map(varchar, varchar), model_version varchar
    );
    create table if not exists vault.match_rate (
        file_key varchar, community_id varchar, extract_id varchar, school_year integer, collection varchar,
        n_children bigint, n_matched bigint, expected_rate double, has_held boolean, linked_at timestamp
    );
    create table if not exists vault.decision (
        partner_id varchar, student_id varchar, other_partner_id varchar, other_student_id varchar,
        decision varchar, reviewer varchar, decided_at timestamp, reason varchar
    );
"""


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


@contextmanager
def open_vault(home: Home, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an empty database in memory with the vault attached as `vault`, made on first use.

    What does not fit into memory is encrypted on disk as well. VaultError where the key is missing or wrong,
    or the file is damaged.
    """
    finish_rotation(home)
    is_new = not home.vault.exists()
    if is_new and read_only:
        raise VaultError(
            "There is no vault yet", where=str(home.vault), next_step="Run `milepost refresh`, which makes it"
        )
    key = vault_key(home, may_make=is_new)
    home.identity.mkdir(parents=True, exist_ok=True, mode=0o700)
    with working_database(home) as con:
        con.execute("set temp_file_encryption = true")
        load_crypto(con)
        attach(con, home.vault, key, "vault", read_only=read_only)
        if is_new:
            home.vault.chmod(0o600)
        if not read_only:
            con.execute(SCHEMA)
        try:
            yield con
        except (duckdb.IOException, duckdb.FatalException, duckdb.SerializationException) as error:
            if str(home.vault) in str(error) or isinstance(error, duckdb.FatalException):
                raise _damaged(home.vault) from None
            raise
        finally:
            with contextlib.suppress(
                duckdb.Error
            ):  # what went wrong before is told, not that this fails as well
                con.execute("detach vault")


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


def _cannot_open(file: Path, key: Key, error: duckdb.Error) -> VaultError:
    from_where = key.file or f"the environment variable {KEY_VARIABLE}"
    if "Wrong encryption key" in str(error):
        return WrongKey(
            "The vault does not open with this key",
            where=str(file),
            rule=f"the key was taken from {from_where}",
            next_step="Give the key that the vault was made with, or last rotated to",
        )
    if isinstance(error, duckdb.IOException) and "lock" in str(error):
        return VaultError(
            "The vault is open in another process", where=str(file), next_step="Wait until it has ended"
        )
    return _damaged(file)


def _damaged(file: Path) -> VaultError:
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


# ---- the key ---------------------------------------------------------------------------------------------
def vault_key(home: Home, *, may_make: bool = False) -> Key:
    """The key: of the environment, of the file it names, else of the owner's configuration folder.

    Never inside the home: who copies the home must not get both. The last is made on first use, where
    `may_make` says so.
    """
    if given := os.environ.get(KEY_VARIABLE):
        return _long_enough(Key(given.strip(), None))
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
    return _long_enough(Key(file.read_text().strip(), file))


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


def _long_enough(key: Key) -> Key:
    if len(key.text) < SHORTEST_KEY:
        raise VaultError(
            "The vault's key is too short",
            where=str(key.file or KEY_VARIABLE),
            rule=f"{SHORTEST_KEY} characters or more",
            next_step="Make one with `openssl rand -hex 32`",
        )
    return key


# ---- rotation --------------------------------------------------------------------------------------------
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
    fresh = _long_enough(Key(new or secrets.token_hex(32), old.file))
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
