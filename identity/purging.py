"""Children taken out of the vault for good: names, links, and what was decided of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import duckdb

from identity.vault_file import attach
from ingestion.encrypted_file import load_crypto, logs_of
from ingestion.home import Home
from ingestion.spill import working_database
from ingestion.sql_text import literal
from ingestion.state_ids import is_placeholder
from ingestion.traces import Sought, rows_tell_of
from ingestion.vault_key import VaultError, vault_key

Row = tuple[str, str]  # partner, number
MOST_SOUGHT = 200  # numbers of an agreement's children that a home is searched for afterwards
# read from the lake, or worked out of it, again by the next refresh; match rates are counts and stay
READ_AGAIN = (
    "file", "account", "mention", "grouped", "contradicted", "home", "record", "normalised", "named_clk",
    "pair",
)  # fmt: skip


@dataclass(frozen=True)
class VaultCounts:
    """Rows of the vault that tell of children who are to be forgotten."""

    children: int
    accounts: int
    decisions: int
    persons: int


def person_now(con: duckdb.DuckDBPyConnection, person_id: str) -> str | None:
    """The id of a person as it is called now, by that or a former id; None where nobody is called so."""
    # by its children: vault.person keeps former ids too, for whoever gets one back is as old as it was
    row = con.execute(
        "select person_id from vault.member where person_id = $id "
        "union all select person_id from vault.alias where former_person_id = $id limit 1",
        {"id": person_id},
    ).fetchone()
    return cast("str", row[0]) if row else None


def is_retired(con: duckdb.DuckDBPyConnection, person_id: str) -> bool:
    """Whether a person of this id was purged."""
    found = con.execute("select 1 from vault.retired where person_id = ?", [person_id]).fetchone()
    return found is not None


def choose_person(con: duckdb.DuckDBPyConnection, person_id: str) -> None:
    """Make temp table gone_member (member_id, partner_id, student_id) of all that a person is made of."""
    con.execute(
        "create or replace temp table gone_member as select member_id, partner_id, student_id "
        "from vault.member where person_id = ?",
        [person_id],
    )


def choose_children_of(
    con: duckdb.DuckDBPyConnection, partners: Iterable[str], still_told_of: Iterable[tuple[str, str, str]]
) -> None:
    """Make temp table gone_member of those children of `partners` whom no file is left of.

    `still_told_of` are files of the lake: path, partner and the column of its children's numbers.
    """
    con.execute("create or replace temp table left_over (partner_id varchar, student_id varchar)")
    for path, partner, column in still_told_of:
        con.execute(
            f'insert into left_over select distinct {literal(partner)}, "{column}"::varchar '
            f'from read_parquet({literal(path)}) where "{column}" is not null'
        )
    con.execute(
        "create or replace temp table gone_member as select member_id, partner_id, student_id "
        "from vault.member where partner_id in (select unnest($1::varchar[])) "
        "and (partner_id, student_id) not in (select distinct partner_id, student_id from left_over)",
        [[*partners]],
    )


def count_chosen(con: duckdb.DuckDBPyConnection) -> VaultCounts:
    """What forgetting gone_member removes."""
    row = con.execute(f"""
        select
            (select count(*) from gone_member),
            (select count(*) from vault.account semi join gone_member using (member_id)),
            (select count(*) from vault.decision where {_OF_GONE}),
            (select count(*) from ({_GONE_PERSONS}))
    """).fetchone()
    assert row is not None
    return VaultCounts(*row)


def numbers_of_chosen(con: duckdb.DuckDBPyConnection) -> Sought:
    """Some numbers of gone_member that no partner gave to others: what others say stays theirs."""
    numbers = con.execute(
        "select distinct student_id from gone_member anti join "
        "(from vault.member anti join gone_member using (member_id)) as others using (student_id) "
        f"order by length(student_id) desc, 1 limit {MOST_SOUGHT}"
    ).fetchall()
    return Sought.of(number for (number,) in numbers)


def sought_of_chosen(con: duckdb.DuckDBPyConnection) -> Sought:
    """What would tell of gone_member: numbers that nobody else has, and names with birth dates."""
    numbers = con.execute(f"""
        with told as (
            select member_id, student_id as number from gone_member
            union
            select member_id, trim(state_student_id)
            from vault.account semi join gone_member using (member_id)
            where not {is_placeholder("trim(state_student_id)")}
            union
            select member_id, hashed_national_id from vault.account semi join gone_member using (member_id)
            union
            select member_id, clk from vault.account semi join gone_member using (member_id)
        ),
        of_others as (
            select student_id as number from vault.member anti join gone_member using (member_id)
            union
            select trim(state_student_id) from vault.account anti join gone_member using (member_id)
        )
        select distinct number from told anti join of_others using (number) where number <> '' order by 1
    """).fetchall()
    people = con.execute("""
        select distinct trim(first_name), trim(last_name), birth_date::varchar
        from vault.account as one
        where member_id in (select member_id from gone_member) and birth_date is not null
            and trim(first_name) <> '' and trim(last_name) <> ''
            and not exists (
                from vault.account as other
                where lower(trim(other.first_name)) = lower(trim(one.first_name))
                    and lower(trim(other.last_name)) = lower(trim(one.last_name))
                    and other.birth_date = one.birth_date
                    and other.member_id not in (select member_id from gone_member)
            )
        order by all
    """).fetchall()
    return Sought.of([number for (number,) in numbers], people)


def begin(con: duckdb.DuckDBPyConnection, purge_id: str, sought: Sought, person_id: str | None) -> None:
    """Keep what a purge is searched for until it is proven: after a kill nothing else knows."""
    con.execute(
        "insert or replace into vault.purging values (?, ?, ?)",
        [purge_id, person_id, json.dumps([sought.numbers, sought.common, sought.people, sought.too_short])],
    )


def begun(con: duckdb.DuckDBPyConnection, purge_id: str) -> Sought:
    """What a purge that was begun is searched for."""
    row = con.execute("select sought from vault.purging where purge_id = ?", [purge_id]).fetchone()
    numbers, common, people, *rest = json.loads(row[0]) if row else ((), (), ())
    named = tuple((one[0], one[1], one[2]) for one in people)
    return Sought(tuple(numbers), tuple(common), named, any(rest))


def forget_chosen(con: duckdb.DuckDBPyConnection) -> None:
    """Remove gone_member in one transaction; ids of persons of whom nothing is left are never given again."""
    con.execute("begin")
    try:
        con.execute(f"create or replace temp table gone_person as {_GONE_PERSONS}")
        con.execute(
            "insert or ignore into vault.retired select person_id from gone_person "
            "union select former_person_id from vault.alias semi join gone_person using (person_id)"
        )
        con.execute(f"delete from vault.decision where {_OF_GONE}")
        con.execute("delete from vault.member where member_id in (select member_id from gone_member)")
        gone = "(select person_id from gone_person)"
        retired = "(select person_id from vault.retired)"
        con.execute(f"delete from vault.person where person_id in {retired}")
        con.execute(f"delete from vault.alias where person_id in {gone}")
        con.execute(f"delete from vault.change where person_id in {retired} or other_person_id in {retired}")
        for table in READ_AGAIN:
            con.execute(f"delete from vault.{table}")
        con.execute("update vault.generation set number = number + 1")
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def begun_person(con: duckdb.DuckDBPyConnection, person_id: str) -> str | None:
    """The person of a purge that was begun: this one, else the only one there is."""
    found = con.execute("select person_id from vault.purging where person_id is not null").fetchall()
    begun_ids = [one for (one,) in found]
    return person_id if person_id in begun_ids else begun_ids[0] if len(begun_ids) == 1 else None


def still_tells_of(con: duckdb.DuckDBPyConnection, sought: Sought) -> list[str]:
    """Tables of an opened vault in which a row tells of any of them."""
    tables = ("account", "member", "decision")
    return [table for table in tables if rows_tell_of(con, f"vault.{table}", sought)]


def seal_vault(home: Home, unfinished: Iterable[str] = ()) -> None:
    """Write the vault anew without what was removed from it; what the `unfinished` are sought by stays.

    A row that is deleted leaves its bytes in the file, encrypted as they are, until others are written there.
    """
    rewritten = home.vault.with_suffix(".rotating")  # what a kill leaves of it, the next writer removes
    rewritten.unlink(missing_ok=True)
    key = vault_key(home)
    with working_database(home) as con:
        load_crypto(con)
        attach(con, home.vault, key, "old")
        con.execute("checkpoint old")
        attach(con, rewritten, key, "fresh")
        con.execute("copy from database old to fresh (schema)")
        tables = con.execute("select table_name from duckdb_tables() where database_name = 'old'").fetchall()
        for (table,) in tables:
            ids = ", ".join(map(literal, ["", *unfinished]))
            others = f" where purge_id in ({ids})" if table == "purging" else ""
            con.execute(f"insert into fresh.{table} from old.{table}{others}")
        con.execute("checkpoint fresh")
        con.execute("detach fresh")
        con.execute("detach old")
    if left := [*logs_of(home.vault), *logs_of(rewritten)]:
        raise VaultError(
            "The vault was not written anew, for not all of it is in its file",
            where=str(left[0]),
            next_step="Run the purge again",
        )
    rewritten.chmod(0o600)
    rewritten.replace(home.vault)


_OF_GONE = """
    (partner_id, student_id) in (select partner_id, student_id from gone_member)
    or (other_partner_id, other_student_id) in (select partner_id, student_id from gone_member)
"""

_GONE_PERSONS = """
    select distinct person_id from vault.member semi join gone_member using (member_id)
    where person_id not in (select person_id from vault.member anti join gone_member using (member_id))
"""
