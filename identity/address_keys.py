"""Who was told to live where, by keys that mean nothing without the deployment's secret."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import duckdb

from identity.addresses import written_addresses
from identity.community_settings import community_settings
from ingestion.home import Home

_WRITERS = ("addresses.py", "address_keys.py")
LABEL = b"milepost: addresses of households"  # keeps these keys apart from person ids, of the same secret


def find_homes(con: duckdb.DuckDBPyConnection, home: Home, *, only_news: bool) -> None:
    """Make table new_home: homes, as told and as written, that the vault is to have.

    There are none of communities that say `identity: {households_by_address: false}`. With `only_news` it has
    those that the vault has not, and tables gone_home (those that it has and nobody tells of now) and rekeyed
    (member_id) are made too: whose keys may be others than at the last time, which are changed_member and who
    tells of the same place without a ZIP code.
    """
    unwanted = f"select community_id from {community_settings(home)} where not households_by_address"
    con.execute(f"""
        create or replace temp table wanted as
        select distinct coalesce(community_id, '') as community_id from account
        where coalesce(community_id, '') not in ({unwanted})
    """)
    if not only_news:
        _write_homes(con, f"select distinct {_HOME} {_TOLD.format(accounts='account')}")
        return
    _write_homes(
        con,
        f"select distinct {_HOME} {_TOLD.format(accounts='new_account')} "
        f"except select {_HOME} from vault.home",
    )
    gone = "(from vault.account semi join gone_file using (file_key))"
    con.execute(f"""
        create or replace temp table left_home as select distinct {_HOME} {_TOLD.format(accounts=gone)}
    """)
    con.execute(f"""
        create or replace temp table gone_home as
        from left_home anti join (select {_HOME} {_TOLD.format(accounts="account")}) as told using ({_HOME})
    """)
    con.execute(_REKEYED)


def _write_homes(con: duckdb.DuckDBPyConnection, told: str) -> None:
    """Families stay for years: an address is written once."""
    con.execute(f"create or replace temp table told_home as {told}")
    con.execute(f"""
        create or replace temp table new_home as
        select told_home.*, place, unit,
            -- a spreadsheet takes a ZIP code for a number, and zeros in front are gone
            lpad(nullif(regexp_extract(zip_code, '^\\s*(\\d{{3,5}})', 1), ''), 5, '0') as zip
        from told_home inner join ({written_addresses("told_home")}) as written using (address)
    """)


def keep_homes(con: duckdb.DuckDBPyConnection, *, only_news: bool) -> None:
    """Write what find_homes found; the caller holds the transaction."""
    if only_news:
        con.execute(f"delete from vault.home where ({_HOME}) in (from gone_home)")
    else:
        con.execute("delete from vault.home")
    con.execute("insert into vault.home by name from new_home")


def make_address_keys(con: duckdb.DuckDBPyConnection, secret: str, *, only_news: bool) -> None:
    """Make table address_key from table account and vault.home, with the deployment's secret.

    Columns: community_id, partner_id, student_id, school_year, collection, address_key, surname_key and
    has_unit; one row per student, school year, collection and home told; with `only_news` of `rekeyed`.
    `address_key` is 60 bits of HMAC-SHA-256 over ZIP code, place and unit, under a key derived from the
    deployment's secret: a town has few addresses, and a hash without a secret is undone by trying them all.
    `surname_key` is the same over address_key and last name, so that it tells families of one home apart and
    nothing about another home. Without a ZIP code an address has the one that all others of the same place
    have, else it is of its partner alone.
    """
    accounts = "(from account semi join rekeyed using (member_id))" if only_news else "account"
    con.execute(f"""
        create or replace temp table told as
        select community_id as told_community_id, student_id, school_year, collection, partner_id,
               coalesce(last_name, '') as last_name, {_HOME} {_TOLD.format(accounts=accounts)}
    """)
    inner, outer = _pads(secret)
    con.execute(f"create or replace temp table address_key as {_KEYS}", {"inner": inner, "outer": outer})


# what an account tells of a home, and the accounts that tell of one
_HOME = "community_id, address, zip_code"
_TOLD = """
    from (
        select account.* replace (
            coalesce(community_id, '') as community_id, coalesce(zip_code, '') as zip_code
        )
        from {accounts} as account
    )
    semi join wanted using (community_id)
    where trim(address) <> ''
"""

_CHANGED_BEFORE = "(from vault.account semi join changed_member using (member_id))"
_REKEYED = f"""
    create or replace temp table rekeyed as
    with homes as (
        select {{home}}, place, zip from vault.home union all select {{home}}, place, zip from new_home
    ),
    -- also where somebody lived until now
    touched as (
        select distinct community_id, place
        from homes
        semi join (
            select {{home}} {_TOLD.format(accounts=_CHANGED_BEFORE)}
            union all
            select {{home}} {_TOLD.format(accounts="(from new_account)")}
        ) as told using ({{home}})
        where place is not null
    ),
    without_zip as (from homes semi join touched using (community_id, place) where zip is null)
    select member_id from changed_member
    union
    select member_id from (
        select account.* replace (
            coalesce(community_id, '') as community_id, coalesce(zip_code, '') as zip_code
        )
        from account
    )
    semi join without_zip using ({{home}})
""".replace("{home}", _HOME)


def rules_of_homes() -> str:
    """Equal while addresses are written, and keys made, in the same way: others are made anew."""
    here = Path(__file__).parent
    return hashlib.sha256(b"|".join((here / name).read_bytes() for name in _WRITERS)).hexdigest()[:16]


def _pads(secret: str) -> tuple[bytes, bytes]:
    """What HMAC (RFC 2104) puts before the text and before the inner hash, for blocks of 64 bytes."""
    key = hmac.digest(secret.encode(), LABEL, "sha256").ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def _key(text: str) -> str:
    """SQL: 60 bits of the HMAC of a text, in 12 characters as a person_id has."""
    mac = f"sha256($outer || unhex(sha256($inner || encode({text}))))"
    return f"lower(to_base(('0x' || left({mac}, 15))::bigint, 32, 12))"


_KEYS = f"""
    with family as (
        select distinct {_HOME}, partner_id, last_name from told
    ),
    placed as (
        from family inner join vault.home using ({_HOME}) where place is not null
    ),
    zips as (
        select community_id, place, min(zip) as only_zip
        from vault.home
        semi join (from placed where zip is null) as without_zip using (community_id, place)
        group by all having min(zip) = max(zip)
    ),
    homes as (
        select placed.*,
            coalesce(zip, only_zip, 'partner ' || partner_id) || '|' || place || '|' || unit as home
        from placed left join zips using (community_id, place)
    ),
    different as (select home, {_key("home")} as address_key from (select distinct home from homes)),
    named as (
        select homes.*, address_key,
            nullif(regexp_replace(lower(strip_accents(last_name)), '[^a-z]', '', 'g'), '') as surname
        from homes inner join different using (home)
    ),
    names as (
        select address_key, surname, {_key("address_key || '|' || surname")} as surname_key
        from (select distinct address_key, surname from named where surname is not null)
    )
    select distinct told_community_id as community_id, told.partner_id, student_id, school_year, collection,
        address_key, surname_key, unit <> '' as has_unit
    from told
    inner join named using ({_HOME}, partner_id, last_name)
    left join names using (address_key, surname)
"""
