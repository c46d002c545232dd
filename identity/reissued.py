"""Numbers that a partner gave to another child later: two children, and their number says they are one."""

from __future__ import annotations

import duckdb

from identity.community_settings import community_settings
from identity.unlike import letters, unlike_births, unlike_names
from ingestion.errors import MilepostError
from ingestion.home import Home

LARGEST_SHARE = 0.002  # of a delivery's children, where a community does not say it: community.yml, identity


class ReissuedNumberError(MilepostError):
    """A delivery calls other children by numbers that were taken; nothing was linked, the last links stay."""


def find_reissued(con: duckdb.DuckDBPyConnection) -> None:
    """Make table reissued (community_id, partner_id, student_id, school_year, _load_id).

    A row per number of a partner and account from which on it is another child's: first and last name are
    unlike those of the account before, also the one compared with the other, and so are birth dates (two of
    year, month and day, not merely day and month swapped) or, where one is not told, state ids. A child that
    is adopted changes its names and keeps its birthday; one whose birthday was mistyped keeps its names.
    """
    con.execute(f"""
        create or replace temp table reissued as
        with several as (
            select member_id from account
            group by member_id
            having min(birth_date) <> max(birth_date) or min(state_student_id) <> max(state_student_id)
        ),
        told as (
            select community_id, partner_id, student_id, member_id, school_year, _load_id, birth_date,
                   nullif(trim(state_student_id), '') as state_id,
                   {letters("first_name")} as first_name, {letters("last_name")} as last_name,
                   (school_year, collection = 'annual', collection, _load_id) as moment
            from account semi join several using (member_id)
            where {letters("first_name")} <> '' and {letters("last_name")} <> ''
        ),
        paired as (
            select *, lag(first_name) over child as first_before, lag(last_name) over child as last_before,
                   lag(birth_date) over child as born_before, lag(state_id) over child as state_id_before
            from told
            window child as (partition by member_id order by moment, birth_date, first_name, last_name)
        )
        select community_id, partner_id, student_id, school_year, _load_id
        from paired
        where {unlike_names("first_name", "last_name", "first_before", "last_before")}
            and case
                when birth_date is null or born_before is null then state_id <> state_id_before
                else {unlike_births("birth_date", "born_before")}
            end
    """)


def refuse_reissued(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """ReissuedNumberError if a delivery not judged before (new_rate) has more of them than allowed."""
    found = con.execute(f"""
        select extract_id, new_rate.school_year, collection, n_children,
               count(distinct student_id) as n_reissued
        from new_rate
        inner join reissued on load_id = _load_id
        left join {community_settings(home)} as settings on new_rate.community_id = settings.community_id
        group by all
        having n_reissued > n_children * coalesce(any_value(largest_reissued_share), {LARGEST_SHARE})
        order by all
    """).fetchall()
    if found:
        raise ReissuedNumberError.of(
            ReissuedNumberError(
                f"{n_reissued:,} of {n_children:,} numbers are those of other children in earlier accounts: "
                "names and birth dates have nothing in common",
                where=f"{extract_id} {school_year} {collection}",
                rule="a partner's number is one child's for good (community.yml: largest_reissued_share)",
                next_step="Ask the partner whether it gives numbers again. If so, let the contract make them "
                "unique, as in `student_id: {sql: \"EntryYear || '-' || StudentID\"}`; withdraw the "
                "delivery; or link all the same with `milepost refresh --accept-reissued-numbers`",
            )
            for extract_id, school_year, collection, n_children, n_reissued in found
        )


def list_reissued(con: duckdb.DuckDBPyConnection, _home: Home) -> str:
    """The name of a view of such numbers: partner_id, student_id, since when they are another child's."""
    con.execute("""
        create or replace temp view reissued_number as
        select distinct partner_id, student_id, school_year as another_child_from_school_year from reissued
    """)
    return "reissued_number"
