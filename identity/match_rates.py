"""The gate on linking: where nobody else knows the children any more, names or dates were changed."""

from __future__ import annotations

import duckdb

from identity.community_settings import community_settings
from ingestion.errors import MilepostError
from ingestion.home import Home

FEWEST_CHILDREN = 50  # few make a rate jump by themselves
LARGEST_DROP = 0.2  # where a community does not say it: community.yml, identity


class MatchRateError(MilepostError):
    """A delivery is linked far less than its like before; nothing was linked, and the last links stay."""


def measure_match_rates(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Make table new_rate: of each new delivery, how many children others know, and what was expected.

    A delivery is measured once: what was let pass stays so, however often its rows are read again. Expected
    is the second best of the same extract's last three deliveries when those came: a birth is linked years
    later, when the child comes to school, so rates of today do not compare; and one delivery that was let
    pass is no measure, but two in a row are how it is now.
    """
    con.execute(_MEASURED)
    con.execute(f"""
        create or replace temp table new_rate as
        with expected as (
            -- the second best, or of two the best: one that was let pass does not count yet
            select extract_id, list_reverse_sort(list(rate))[if(count(*) = 3, 2, 1)] as expected_rate
            from (
                select extract_id, n_matched / n_children as rate
                from vault.match_rate
                where n_children >= {FEWEST_CHILDREN}
                qualify row_number() over (partition by extract_id order by linked_at desc, load_id) <= 3
            )
            group by extract_id
        )
        select
            measured.*, expected_rate,
            n_children < {FEWEST_CHILDREN} or expected_rate is null
            or expected_rate - n_matched / n_children
                <= coalesce(largest_match_rate_drop, {LARGEST_DROP}) as has_held
        from measured
        left join expected using (extract_id)
        left join {community_settings(home)} as settings using (community_id)
    """)


# deliveries not measured before, and how many of their children another partner knows
_MEASURED = """
    create or replace temp table measured as
    with told as (
        select distinct _load_id as load_id, community_id, extract_id, school_year, collection, member_id
        from new_account
        where _load_id not in (select load_id from vault.match_rate)
    ),
    told_persons as (
        select distinct told.* exclude (member_id), person_id
        from told inner join person_now using (member_id)
    ),
    known_to as (
        select person_id, min(partner_id) <> max(partner_id) as is_matched
        from person_now semi join told_persons using (person_id)
        group by person_id
    )
    select load_id, community_id, extract_id, school_year, collection,
           count(*) as n_children, count(*) filter (is_matched) as n_matched
    from told_persons inner join known_to using (person_id)
    group by all
"""


def refuse_fallen(con: duckdb.DuckDBPyConnection) -> None:
    """MatchRateError if a new delivery's rate fell by more than its community allows."""
    fallen = con.execute(
        "select extract_id, school_year, collection, n_matched / n_children, expected_rate from new_rate "
        "where not has_held order by all"
    ).fetchall()
    if fallen:
        raise MatchRateError.of(
            MatchRateError(
                f"{rate:.0%} of the children are linked to another partner's, {expected:.0%} were before",
                where=f"{extract_id} {school_year} {collection}",
                rule="a match rate falls by no more than largest_match_rate_drop of community.yml",
                next_step="Look at names and birth dates in the file, and whether a partner that knew these "
                "children was withdrawn (`milepost status`); withdraw the file, or let it pass with "
                "`milepost refresh --accept-match-rates`",
            )
            for extract_id, school_year, collection, rate, expected in fallen
        )


def keep_match_rates(con: duckdb.DuckDBPyConnection, now: str) -> None:
    """Write the rates into the vault; the caller holds the transaction."""
    con.execute("delete from vault.match_rate where load_id not in (select _load_id from account)")
    con.execute(
        "insert into vault.match_rate by name select *, $now::timestamp as linked_at from new_rate",
        {"now": now},
    )
