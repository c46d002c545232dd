"""Numbers that a partner gave to another child later: two children, and their number says they are one."""

from __future__ import annotations

import duckdb

from identity.community_settings import community_settings
from ingestion.errors import MilepostError
from ingestion.home import Home
from ingestion.spreadsheets import neutral_sql
from ingestion.sql_text import literal

LARGEST_SHARE = 0.002  # of a delivery's children, where a community does not say it: community.yml, identity
UNLIKE = 0.8  # Jaro-Winkler similarity of names below which they are no variants: Ann and Anna have 0.94


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
                   {_letters("first_name")} as first_name, {_letters("last_name")} as last_name,
                   (school_year, collection = 'annual', collection, _load_id) as moment
            from account semi join several using (member_id)
            where {_letters("first_name")} <> '' and {_letters("last_name")} <> ''
        ),
        paired as (
            select *, lag(first_name) over child as first_before, lag(last_name) over child as last_before,
                   lag(birth_date) over child as born_before, lag(state_id) over child as state_id_before
            from told
            window child as (partition by member_id order by moment, birth_date, first_name, last_name)
        )
        select community_id, partner_id, student_id, school_year, _load_id
        from paired
        where {_unlike("first_name", "first_before")} and {_unlike("last_name", "last_before")}
            and {_unlike("first_name", "last_before")} and {_unlike("last_name", "first_before")}
            and case
                when birth_date is null or born_before is null then state_id <> state_id_before
                else (year(birth_date) <> year(born_before))::integer
                    + (month(birth_date) <> month(born_before))::integer
                    + (day(birth_date) <> day(born_before))::integer >= 2
                    and not (year(birth_date) = year(born_before) and month(birth_date) = day(born_before)
                        and day(birth_date) = month(born_before))
            end
    """)


def _letters(name: str) -> str:
    return f"regexp_replace(lower(strip_accents(coalesce({name}, ''))), '[^\\p{{L}}]', '', 'g')"


def _unlike(name: str, other: str) -> str:
    return f"jaro_winkler_similarity({name}, {other}) < {UNLIKE}"


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


def write_reissued(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Write feedback/<partner>/reissued_numbers.csv where a partner has such numbers, and only there."""
    partners = con.execute("select distinct partner_id from reissued order by all").fetchall()
    files = {home.reissued_csv(partner): partner for (partner,) in partners}
    for file, partner in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".csv.draft")
        con.execute(
            f"copy (select distinct {neutral_sql('student_id')} as student_id, "
            "school_year as another_child_from_school_year "
            f"from reissued where partner_id = {literal(partner)} order by all) "
            f"to {literal(str(draft))} (format csv, header)"
        )
        draft.replace(file)
    for file in home.feedback.glob("*/reissued_numbers.csv"):
        if file not in files:
            file.unlink()
