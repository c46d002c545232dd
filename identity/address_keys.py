"""Who was told to live where, by keys that mean nothing without the deployment's secret."""

from __future__ import annotations

import hmac

import duckdb

from identity.addresses import written_addresses
from identity.community_settings import community_settings
from ingestion.home import Home

LABEL = b"milepost: addresses of households"  # keeps these keys apart from person ids, of the same secret


def make_address_keys(con: duckdb.DuckDBPyConnection, home: Home, secret: str) -> None:
    """Make table address_key from table account, with the deployment's secret.

    There are none of communities that say `identity: {households_by_address: false}`.

    Columns: community_id, partner_id, student_id, school_year, collection, address_key, surname_key and
    has_unit; one row per student, school year, collection and home told. `address_key` is 60 bits of
    HMAC-SHA-256 over ZIP code, place and unit, under a key derived from the deployment's secret: a town has
    few addresses, and a hash without a secret is undone by trying them all. `surname_key` is the same over
    address_key and last name, so that it tells families of one home apart and nothing about another home.
    Without a ZIP code an address has the one that all others of the same place have, else it is of its
    partner alone.
    """
    unwanted = f"select community_id from {community_settings(home)} where not households_by_address"
    con.execute(f"""
        create or replace temp table told as
        select community_id, partner_id, student_id, school_year, collection, address,
               coalesce(last_name, '') as last_name, coalesce(zip_code, '') as zip_code
        from account
        where trim(address) <> '' and coalesce(community_id, '') not in ({unwanted})
    """)
    # families stay for years: what one is told by is written, and hashed, once
    con.execute("""
        create or replace temp table family as
        select distinct community_id, partner_id, last_name, address, zip_code from told
    """)
    con.execute(f"create or replace temp table written as {written_addresses('family')}")
    inner, outer = _pads(secret)
    con.execute(f"create or replace temp table address_key as {_KEYS}", {"inner": inner, "outer": outer})


def _pads(secret: str) -> tuple[bytes, bytes]:
    """What HMAC (RFC 2104) puts before the text and before the inner hash, for blocks of 64 bytes."""
    key = hmac.digest(secret.encode(), LABEL, "sha256").ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def _key(text: str) -> str:
    """SQL: 60 bits of the HMAC of a text, in 12 characters as a person_id has."""
    mac = f"sha256($outer || unhex(sha256($inner || encode({text}))))"
    return f"lower(to_base(('0x' || left({mac}, 15))::bigint, 32, 12))"


_KEYS = f"""
    with placed as (
        select family.*, place, unit,
            -- a spreadsheet takes a ZIP code for a number, and zeros in front are gone
            lpad(nullif(regexp_extract(zip_code, '^\\s*(\\d{{3,5}})', 1), ''), 5, '0') as zip
        from family inner join written using (address)
        where place is not null
    ),
    zips as (
        select community_id, place, min(zip) as only_zip from placed
        group by all having count(distinct zip) = 1
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
    select distinct told.community_id, told.partner_id, student_id, school_year, collection, address_key,
        surname_key, unit <> '' as has_unit
    from told
    inner join named
        on told.community_id is not distinct from named.community_id and told.partner_id = named.partner_id
        and told.last_name = named.last_name and told.address = named.address
        and told.zip_code = named.zip_code
    left join names using (address_key, surname)
"""
