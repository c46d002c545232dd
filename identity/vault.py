"""The vault: names, birth dates and addresses of children in an encrypted file that identity alone opens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from identity.rotation import finish_rotation
from identity.vault_file import attach, attach_to_read, damaged, is_of_damage
from identity.vault_traces import is_lost, no_vault
from ingestion.encrypted_file import load_crypto, logs_of
from ingestion.home import Home
from ingestion.spill import working_database
from ingestion.vault_key import VaultError, vault_key

LAYOUT = 5  # another number where a table of DERIVED has other columns than before
# what is read from the lake, or worked out of it, again; everything else is kept for good
DERIVED = (
    "file", "account", "mention", "grouped", "contradicted", "home", "record", "normalised", "named_clk",
    "pair", "match_rate",
)  # fmt: skip
SCHEMA = """
    create table if not exists vault.layout (number integer);
    create table if not exists vault.generation (number bigint);
    create table if not exists vault.file (file_key varchar primary key, tells_of_persons boolean);
    create table if not exists vault.account (
        file_key varchar, community_id varchar, partner_id varchar, student_id varchar, member_id ubigint,
        first_name varchar, middle_name varchar, last_name varchar, birth_date date, sex varchar,
        address varchar, zip_code varchar, state_student_id varchar, replaced_by_student_id varchar,
        extract_id varchar, school_year integer, collection varchar, clk varchar, clk_version varchar,
        hashed_national_id varchar, birth_year integer, _load_id varchar
    );
    create table if not exists vault.mention (file_key varchar, member_id ubigint);
    -- of children in force: how they were grouped and clustered, and a hash of all that was found of a group
    create table if not exists vault.grouped (
        member_id ubigint, group_id ubigint, cluster_id ubigint, n_state_ids bigint, grouped_as ubigint
    );
    -- who lost its state id to whom: what was let pass, and what a reviewer should look at
    create table if not exists vault.contradicted (
        member_id ubigint, other_member_id ubigint, was_let_pass boolean
    );
    create table if not exists vault.home (
        community_id varchar, address varchar, zip_code varchar, place varchar, unit varchar, zip varchar
    );
    create table if not exists vault.member (
        member_id ubigint primary key, partner_id varchar, student_id varchar, person_id varchar,
        method varchar, since timestamp, joined_at timestamp
    );
    create table if not exists vault.person (person_id varchar primary key, since timestamp);
    create table if not exists vault.alias (
        former_person_id varchar primary key, person_id varchar, since timestamp
    );
    -- ids of persons who were purged, and what a purge that is not proven yet is searched for
    create table if not exists vault.retired (person_id varchar primary key);
    create table if not exists vault.purging (
        purge_id varchar primary key, person_id varchar, sought varchar
    );
    create table if not exists vault.change (
        person_id varchar, other_person_id varchar, kind varchar, cause varchar, changed_at timestamp
    );
    create table if not exists vault.model (
        community_id varchar, version varchar, content varchar, n_records bigint, trained_at timestamp
    );
    create table if not exists vault.record (
        record_id ubigint, community_id varchar, member_id ubigint, partner_id varchar, group_id ubigint,
        state_id varchar, birth_date date, compared_as ubigint
    );
    create table if not exists vault.normalised (
        record_id ubigint, partner ubigint, first_name varchar, first_names varchar[], first_sound varchar,
        last_name varchar, last_names varchar[], last_sound varchar, middle_name varchar,
        middle_initial varchar, birth_date date, sex varchar, address varchar, zip_code varchar,
        place_hash ubigint, formal_names varchar[], given_names varchar[], birth_text varchar,
        is_january_first boolean, birth_key bigint, group_id ubigint, state_id varchar,
        community_id varchar, rules varchar
    );
    create table if not exists vault.pair (
        record_l ubigint, record_r ubigint, match_weight double, match_probability double,
        levels map(varchar, varchar), model_version varchar,
        -- what names, dates and places say, without encodings and hashed numbers; null where they say nothing
        name_weight double, name_levels map(varchar, varchar)
    );
    create table if not exists vault.named_clk (
        record_id ubigint, zip_code varchar, version varchar, clk varchar
    );
    create table if not exists vault.match_rate (
        load_id varchar, community_id varchar, extract_id varchar, school_year integer, collection varchar,
        n_children bigint, n_matched bigint, expected_rate double, has_held boolean, linked_at timestamp
    );
    create table if not exists vault.decision (
        partner_id varchar, student_id varchar, other_partner_id varchar, other_student_id varchar,
        decision varchar, reviewer varchar, decided_at timestamp, reason varchar
    );
"""
# of a vault that did not keep when a person was first known, and when each of its children came to it
OLDER_PERSONS = """
    insert into vault.person select person_id, min(since) from vault.member group by person_id;
    alter table vault.member add column joined_at timestamp;
    -- where a person changed, nobody knows any more
    update vault.member set joined_at = since where person_id not in (select person_id from vault.change);
    -- until files are read again, everybody counts as spoken of
    insert into vault.mention select '', member_id from vault.member;
"""


@contextmanager
def open_vault(
    home: Home, *, read_only: bool = False, new_vault: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an empty database in memory with the vault attached as `vault`, made on first use.

    Who writes holds the writer's lock; a reader changes nothing on disk. What does not fit into memory is
    encrypted on disk as well. VaultError where the key is missing or wrong, the file is damaged, or it is
    gone from a home that had one, unless `new_vault` says to begin anew; to read a vault of an older release,
    it has to be opened for writing once.
    """
    is_new = not home.vault.exists()
    if is_new and (read_only or (is_lost(home) and not new_vault)):
        raise no_vault(home)
    with working_database(home) as con:
        con.execute("set temp_file_encryption = true")
        load_crypto(con)
        if read_only:
            attach_to_read(con, home)
            _refuse_older(con, home)
        else:
            _attach_to_write(con, home, is_new)
        try:
            yield con
        except duckdb.Error as error:
            if is_of_damage(error, home.vault):
                raise damaged(home.vault) from None
            raise
        finally:
            # what went wrong before is told, not that this fails as well
            with contextlib.suppress(duckdb.Error):
                con.execute("detach vault")


def _attach_to_write(con: duckdb.DuckDBPyConnection, home: Home, is_new: bool) -> None:
    finish_rotation(home)
    key = vault_key(home, may_make=is_new)
    home.identity.mkdir(parents=True, exist_ok=True, mode=0o700)
    if is_new:
        for log in logs_of(home.vault):  # of the vault that is gone
            log.unlink()
    attach(con, home.vault, key, "vault")
    if is_new:
        home.vault.chmod(0o600)
    _lay_out(con)
    if not home.vault_made.exists():
        home.vault_made.touch(mode=0o600)


def _lay_out(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables; of an older release, what is kept for good is added to and the rest made anew."""
    before = _tables(con)
    con.execute("begin")
    con.execute(SCHEMA)
    if con.execute("select number from vault.layout").fetchall() != [(LAYOUT,)]:
        for table in DERIVED:
            con.execute(f"drop table vault.{table}")
        con.execute(SCHEMA)
        con.execute("delete from vault.layout")
        con.execute(f"insert into vault.layout values ({LAYOUT})")
    if "member" in before and "person" not in before:
        con.execute(OLDER_PERSONS)
    con.execute("commit")


def _refuse_older(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    if not {"person", "retired", "contradicted"} <= _tables(con):
        raise VaultError(
            "The vault is of an older release",
            where=str(home.vault),
            next_step="Run `milepost refresh`, which brings it up to date and loses nothing",
        )


def _tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    rows = con.execute("select table_name from duckdb_tables() where database_name = 'vault'").fetchall()
    return {name for (name,) in rows}
