"""The records that are compared: what accounts say in communities where some child has no id of its own."""

from __future__ import annotations

import duckdb

from identity.interim import CHANGED_MEMBERS

# of an account, and the same one whenever the account is told again
RECORD_ID = (
    "md5_number_lower(concat_ws('|', account.member_id, coalesce(first_name, ''), coalesce(middle_name, ''), "
    "coalesce(last_name, ''), coalesce(birth_date::varchar, ''), coalesce(sex, ''), coalesce(clk, ''), "
    "coalesce(hashed_national_id, '')))"
)
# what the vault keeps of one
RECORD = "record_id, community_id, member_id, partner_id, group_id, state_id, birth_date, compared_as"


def find_unsure(con: duckdb.DuckDBPyConnection) -> None:
    """Make table unsure (community_id): where accounts are compared."""
    con.execute(_UNSURE)


def find_records(con: duckdb.DuckDBPyConnection, *, only_news: bool) -> None:
    """Make all_records (accounts to compare), new_record and gone_record: those that are not as in the vault.

    With `only_news`, only children of changed_member are looked at, and all_records is a view of the columns
    that the vault keeps.
    """
    from identity.matching import rules_of_now

    rules = {"rules": rules_of_now()}
    as_before = "vault.record using (record_id, group_id, compared_as)"
    con.execute("drop view if exists all_records")
    con.execute("drop table if exists all_records")
    con.execute("drop table if exists told_record")
    if not only_news:
        con.execute(f"create temp table all_records as {_RECORDS.format(accounts='account')}", rules)
        con.execute(f"create or replace temp table new_record as from all_records anti join {as_before}")
        con.execute(
            "create or replace temp table gone_record as "
            "from vault.record anti join all_records using (record_id, group_id, compared_as)"
        )
        return
    con.execute(CHANGED_MEMBERS)
    changed = "(from account semi join changed_member using (member_id))"
    con.execute(f"create temp table told_record as {_RECORDS.format(accounts=changed)}", rules)
    con.execute(f"create or replace temp table new_record as from told_record anti join {as_before}")
    con.execute(
        "create or replace temp table gone_record as from vault.record semi join changed_member "
        "using (member_id) anti join told_record using (record_id, group_id, compared_as)"
    )
    con.execute(
        f"create temp view all_records as select {RECORD} from vault.record "
        f"anti join gone_record using (record_id) union all select {RECORD} from new_record"
    )


# Two state ids are two children, so where every child has one of its own, comparing would link nobody.
_UNSURE = """
    create or replace temp table unsure as
    with without_own_id as (
        select member_id from grouped where state_student_id is null
        union all
        select member_id from grouped semi join (
            select state_student_id from grouped group by all having min(group_id) <> max(group_id)
        ) as parted using (state_student_id)
    )
    select distinct coalesce(community_id, '') as community_id
    from account semi join without_own_id using (member_id)
    where coalesce(first_name, last_name, clk, hashed_national_id) is not null
"""

_RECORDS = f"""
    -- another place, state id or way to compare: it is compared anew
    select *, hash(address, zip_code, state_id, $rules) as compared_as
    from (
        select
            {RECORD_ID} as record_id,
            coalesce(account.community_id, '') as community_id,
            account.partner_id,
            account.member_id,
            any_value(grouped.group_id) as group_id,
            any_value(grouped.state_student_id) as state_id,
            first_name, middle_name, last_name, birth_date, sex, clk, hashed_national_id,
            any_value(clk_version) as clk_version,
            -- who is encoded is compared within it
            max_by(birth_year, (school_year, collection = 'annual', birth_year))
                filter (birth_year is not null) as birth_year,
            max_by(address, (school_year, collection = 'annual', address))
                filter (address is not null) as address,
            max_by(zip_code, (school_year, collection = 'annual', zip_code))
                filter (zip_code is not null) as zip_code,
            null::varchar as household,
            min(school_year) as first_year,
            max(school_year) as last_year
        from {{accounts}} as account
        inner join grouped using (member_id)
        where coalesce(first_name, last_name, clk, hashed_national_id) is not null
            and coalesce(account.community_id, '') in (from unsure)
        group by all
    )
"""
