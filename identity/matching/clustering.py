"""Groups of records that are one child: best mutual links first, never two children of one roster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from identity.birth_dates import nearly_the_same
from ingestion.errors import MilepostError

if TYPE_CHECKING:
    import duckdb

MARGIN = 1.0  # bits (a factor of two) that a link must be better than its rivals
MOST_ROUNDS = 1000  # each makes a link; real communities need some ten


class EndlessLinking(MilepostError):
    """What is linked did not come to an end; nothing was written."""

    def __init__(self, what: str, n_rounds: int) -> None:
        super().__init__(
            f"Linking {what} is not done after {n_rounds:,} rounds",
            rule="what is linked in part would be wrong, so nothing was linked",
            next_step="`milepost status` lists what came last: withdraw it, and refresh again",
        )


def cluster(
    con: duckdb.DuckDBPyConnection,
    threshold: float,
    *,
    margin: float = MARGIN,
    apart: str | None = None,
) -> int:
    """Make table `cluster` (group_id, cluster_id) from tables `pair` and `record`; the number of links made.

    A row per group of `record`; cluster_id is the lowest group_id of the cluster. Links are pairs with a
    match_probability of at least `threshold`, between groups, the best of their pairs counting. In each round
    the links that are the best of both their ends are made, and what is then a cluster is one end. A link is
    never made between clusters that both have a member (another member_id) of one partner, nor between two
    state ids where `record` has a column state_id, nor between two groups of the table `apart` (group_l,
    group_r), if one is given. Nor are two children with birth dates that have too little in common joined
    through a third without one, who would join all its namesakes: such clusters need a link of two accounts
    that both tell a date. A link with a rival at the same partner that is less than
    `margin` bits behind, as namesakes without birth dates have, is not made: nobody could tell which of the
    two is meant. Equal weights are decided by ids, so the same tables give the same clusters.
    EndlessLinking where MOST_ROUNDS do not do.
    """
    _start(con, threshold, apart)
    made = 0
    for _ in range(MOST_ROUNDS):
        n = _one_round(con, margin)
        made += n
        if n == 0:
            break
    else:
        raise EndlessLinking("children", MOST_ROUNDS)
    con.execute(
        "create or replace table cluster as select group_id, cluster_id from cluster_end order by all"
    )
    for name in ("end", "link", "member", "state", "birth", "apart", "choice", "merge"):
        con.execute(f"drop table if exists cluster_{name}")
    return made


def _start(con: duckdb.DuckDBPyConnection, threshold: float, apart: str | None) -> None:
    """Every group is a cluster. Links (a < b), and members and state ids of those clusters that have any."""
    told_apart = "select 0::ubigint as a, 0::ubigint as b limit 0"
    if apart:
        told_apart = (
            f"select group_l as a, group_r as b from {apart} union select group_r, group_l from {apart}"
        )
    columns = con.table("record").columns
    state_id = "state_id" if "state_id" in columns else "null::varchar"
    birth_date = "birth_date" if "birth_date" in columns else "null::date"
    both_told = "l.birth_date is not null and r.birth_date is not null" if "birth_date" in columns else "true"
    con.execute(f"""
        create or replace table cluster_end as
            select distinct group_id, group_id as cluster_id from record;
        create or replace table cluster_link as
            select least(l.group_id, r.group_id) as a, greatest(l.group_id, r.group_id) as b,
                   max(match_weight) as weight, bool_or({both_told}) as has_dates
            from pair
            inner join record as l on pair.record_l = l.record_id
            inner join record as r on pair.record_r = r.record_id
            where match_probability >= {threshold} and l.group_id <> r.group_id
            group by all;
        create or replace table cluster_member as
            select distinct group_id as cluster_id, partner_id, member_id
            from record semi join (select a as group_id from cluster_link union select b from cluster_link)
                using (group_id);
        create or replace table cluster_state as
            select distinct group_id as cluster_id, {state_id} as state_id
            from record
            semi join (select distinct cluster_id as group_id from cluster_member) using (group_id)
            where {state_id} is not null;
        create or replace table cluster_birth as
            select distinct group_id as cluster_id, {birth_date} as birth_date
            from record
            semi join (select distinct cluster_id as group_id from cluster_member) using (group_id)
            where {birth_date} is not null;
        create or replace table cluster_apart as
            {told_apart};
    """)


# Links that may not be made (any more) go first; they would only stand in the way of others.
_FORBID = """
    create or replace table cluster_link as
    select cluster_link.*
    from cluster_link
    anti join (
        select link.a, link.b
        from cluster_link as link
        inner join cluster_member as one on link.a = one.cluster_id
        inner join cluster_member as other
            on link.b = other.cluster_id and one.partner_id = other.partner_id
            and one.member_id <> other.member_id
        union
        select link.a, link.b
        from cluster_link as link
        inner join cluster_state as one on link.a = one.cluster_id
        inner join cluster_state as other on link.b = other.cluster_id and one.state_id <> other.state_id
        union
        select link.a, link.b
        from cluster_link as link
        inner join cluster_birth as one on link.a = one.cluster_id
        inner join cluster_birth as other on link.b = other.cluster_id
        where not link.has_dates
        group by link.a, link.b
        having not bool_or({one_birth})
        union
        select a, b from cluster_apart
    ) using (a, b)
"""
# Two dates that could be one.
_ONE_BIRTH = f"""
    {nearly_the_same("one.birth_date", "other.birth_date")}
    -- what forms fill in where nobody knows the day
    or (month(one.birth_date) = 1 and day(one.birth_date) = 1)
    or (month(other.birth_date) = 1 and day(other.birth_date) = 1)
"""
# A link waits while one of its ends has another, at the same partner or to another child, nearly as good.
_CHOOSE = """
    create or replace table cluster_choice as
    with sides as (
        select a as cluster_id, b as other_id, a, b, weight from cluster_link
        union all
        select b, a, a, b, weight from cluster_link
    ),
    at_partner as (
        select distinct sides.*, partner_id
        from sides inner join cluster_member as member on sides.other_id = member.cluster_id
    ),
    leads as (
        select cluster_id, partner_id, max(weight, 2) as best
        from at_partner
        group by all
        having count(*) > 1
    ),
    waiting as (
        select distinct a, b
        from at_partner inner join leads using (cluster_id, partner_id)
        where weight < best[1] or best[1] - best[2] < {margin}
        union
        -- nor may a child without a birth date go to one of two namesakes who are two children by theirs
        select side.a, side.b
        from (from sides anti join cluster_birth using (cluster_id)) as side
        inner join sides as rival
            on side.cluster_id = rival.cluster_id and side.other_id <> rival.other_id
            and side.weight < rival.weight + {margin}
        inner join cluster_birth as one on side.other_id = one.cluster_id
        inner join cluster_birth as other on rival.other_id = other.cluster_id
        group by side.a, side.b, rival.other_id
        having not bool_or({one_birth})
    )
    select cluster_id, arg_max(
        struct_pack(a := a, b := b), struct_pack(weight := weight, a := -a::hugeint, b := -b::hugeint)
    ) as link
    from sides anti join waiting using (a, b)
    group by cluster_id
"""
_MERGE = """
    create or replace table cluster_merge as
    select link.a as stays, link.b as goes from cluster_choice group by all having count(*) = 2
"""


def _one_round(con: duckdb.DuckDBPyConnection, margin: float) -> int:
    con.execute(_FORBID.format(one_birth=_ONE_BIRTH))
    con.execute(_CHOOSE.format(margin=margin, one_birth=_ONE_BIRTH))
    con.execute(_MERGE)
    n = con.table("cluster_merge").shape[0]
    if n:
        con.execute("""
            update cluster_end set cluster_id = stays from cluster_merge where cluster_id = goes;
            update cluster_member set cluster_id = stays from cluster_merge where cluster_id = goes;
            update cluster_state set cluster_id = stays from cluster_merge where cluster_id = goes;
            update cluster_birth set cluster_id = stays from cluster_merge where cluster_id = goes;
            create or replace table cluster_apart as
                select distinct coalesce(one.stays, a) as a, coalesce(other.stays, b) as b
                from cluster_apart
                left join cluster_merge as one on a = one.goes
                left join cluster_merge as other on b = other.goes;
            create or replace table cluster_link as
                select least(x, y) as a, greatest(x, y) as b, max(weight) as weight,
                       bool_or(has_dates) as has_dates
                from (
                    select coalesce(one.stays, a) as x, coalesce(other.stays, b) as y, weight, has_dates
                    from cluster_link
                    left join cluster_merge as one on a = one.goes
                    left join cluster_merge as other on b = other.goes
                )
                where x <> y
                group by all;
        """)
    return n
