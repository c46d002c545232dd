"""Who was told to live where, by keys that mean nothing without the deployment's secret."""

from __future__ import annotations

import hmac
from pathlib import Path

import duckdb

from identity.addresses import written_addresses
from identity.person_links import STANDARDS, person_key
from ingestion.contracts.entities import CANONICAL, load_entities
from ingestion.home import Home
from ingestion.spill import working_database
from ingestion.sql_text import literal

LABEL = b"milepost: addresses of households"  # keeps these keys apart from person ids, of the same secret
COLUMNS = {
    "community_id": "varchar", "partner_id": "varchar", "student_id": "varchar", "school_year": "integer",
    "collection": "varchar", "last_name": "varchar", "address": "varchar", "zip_code": "varchar",
}  # fmt: skip


def write_address_keys(home: Home, lake: Home | None = None, *, has_views: bool = False) -> int:
    """Write identity/address_keys.parquet from the persons in force, and return how many homes it tells of.

    Columns: community_id, partner_id, student_id, school_year, collection, address_key, surname_key and
    has_unit; one row per student, school year, collection and home told. `address_key` is 60 bits of
    HMAC-SHA-256 over ZIP code, place and unit, under a key derived from the deployment's secret: a town has
    few addresses, and a hash without a secret is undone by trying them all. `surname_key` is the same over
    address_key and last name, so that it tells families of one home apart and nothing about another home.
    Without a ZIP code an address has the one that all others of the same place have, else it is of its
    partner alone. `lake` and `has_views` are as in `link_persons`.
    """
    lake = lake or home
    with working_database(home) as con:
        con.execute(f"create temp table told as {_told_sql(con, home, lake, has_views)}")
        con.execute(f"create temp table written as {written_addresses('told')}")
        inner, outer = _pads(person_key(home))
        con.execute(f"create temp table keys as {_KEYS}", {"inner": inner, "outer": outer})
        _write(con, home.address_keys)
        row = con.execute("select count(distinct address_key) from keys").fetchone()
    assert row is not None
    return int(row[0])


def _told_sql(con: duckdb.DuckDBPyConnection, home: Home, lake: Home, has_views: bool) -> str:
    """SELECT of COLUMNS of every person in force that has an address."""
    names = ", ".join(COLUMNS)
    # files of before a column was there have none
    nothing = ", ".join(f"null::{kind} as {name}" for name, kind in COLUMNS.items())
    sources = [f"(select {nothing} limit 0)"]
    if files := sorted((lake.raw / "person").glob("**/*.parquet")):
        listed = ", ".join(literal(str(file)) for file in files)
        sources.append(f"read_parquet([{listed}], union_by_name = true)")
    if has_views and _has_standards(lake):
        con.execute("set file_search_path = ?", [str(home.root)])
        con.execute(f"attach {literal(str(home.warehouse))} as warehouse (read_only)")
        sources.append(f"warehouse.staging.{STANDARDS[1]}")
    every = " union all by name ".join(f"(from {source})" for source in sources)
    return f"select distinct {names} from ({every}) where student_id is not null and trim(address) <> ''"


def _has_standards(lake: Home) -> bool:
    tables = (name for name, entity in load_entities().items() if entity.standard != CANONICAL)
    return any(any((lake.raw / name).glob("*/*.parquet")) for name in tables)


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
        select told.*, place, unit,
            -- a spreadsheet takes a ZIP code for a number, and zeros in front are gone
            lpad(nullif(regexp_extract(zip_code, '^\\s*(\\d{{3,5}})', 1), ''), 5, '0') as zip
        from told inner join written using (address)
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
    -- families stay for years: each name of a home is hashed once
    names as (
        select address_key, surname, {_key("address_key || '|' || surname")} as surname_key
        from (select distinct address_key, surname from named where surname is not null)
    )
    select distinct community_id, partner_id, student_id, school_year, collection, address_key, surname_key,
        unit <> '' as has_unit
    from named left join names using (address_key, surname)
"""


def _write(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Readers see the old keys or the new ones, never half; ordered, so equal keys are equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".parquet.draft")
    con.execute(f"copy (from keys order by all) to {literal(str(draft))} (format parquet)")
    draft.replace(path)
