"""Edges between accounts become places, the strongest first, and never against what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from identity.matching.clustering import EndlessLinking
from identity.places.certain import RANKS
from identity.places.scored import LINKED

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CLEAR_BY = 2.0  # how many bits of evidence a link must be ahead of another that would exclude it
ROUNDS = 1000


def join_places(con: DuckDBPyConnection, kind: str) -> None:
    """Make `member` (account, place) of the accounts of a kind; a place is the least of its accounts.

    In each round two places become one that are each other's best, until none are left that may. Two rows of
    one roster are never one place unless an id or a decision says so, two national ids only if a decision
    does, and accounts that a decision keeps apart never. A link by names that is not clearly better than
    another which it would exclude is none: it goes to `undecided` with the pairs that are merely likely.
    EndlessLinking where ROUNDS do not do.
    """
    con.execute(_edges(kind))
    con.execute(f"""
        create or replace temp table member as
        select account, account as place from account where kind = '{kind}'
    """)
    for _ in range(ROUNDS):
        con.execute(_GROUPS)
        con.execute(_JOINABLE)
        con.execute(_UNAMBIGUOUS)
        if con.execute("select count(*) from joined").fetchone() == (0,):
            break
        con.execute("""
            create or replace temp table member as
            select account, coalesce(joined.l, member.place) as place
            from member left join joined on member.place = joined.r
        """)
    else:
        raise EndlessLinking(f"places ({kind})", ROUNDS)
    con.execute(_UNDECIDED)


def _edges(kind: str) -> str:
    """SQL: `link`, all edges of a kind with their rank; scored pairs count from LINKED on."""
    ranks = ", ".join(f"'{method}': {rank}" for method, rank in RANKS.items())
    return f"""
        create or replace temp table link as
        select l, r, method, (map {{{ranks}}})[method] as rank, weight, probability, levels
        from (
            select * from edge
            union all by name
            select l, r, 'splink' as method, weight, probability, levels
            from pair where probability >= {LINKED}
        ) as edges
        where l in (select account from account where kind = '{kind}')
    """


# what each place is made of; `apart` are the accounts that decisions keep out of it
_GROUPS = """
    create or replace temp table place_group as
    with kept_apart as (
        select account, list(other) as others
        from (select l as account, r as other from different union all select r, l from different)
        group by all
    )
    select place, list(account) as accounts, list(distinct roster) as rosters,
           list(distinct nces) filter (nces is not null) as national,
           flatten(list(others) filter (others is not null)) as apart
    from member inner join account using (account) left join kept_apart using (account)
    group by all
"""


def _conflict(one: str, other: str, rank: str) -> str:
    """SQL: whether two places must not be one by a link of this rank."""
    return f"""(
        coalesce(len(list_intersect({one}.apart, {other}.accounts)) > 0, false)
        or {rank} < {RANKS["decision"]} and {one}.national is not null and {other}.national is not null
            and len(list_intersect({one}.national, {other}.national)) = 0
        or {rank} = {RANKS["splink"]} and len(list_intersect({one}.rosters, {other}.rosters)) > 0
    )"""


_JOINABLE = f"""
    create or replace temp table joinable as
    with between as (
        select least(one.place, other.place) as l, greatest(one.place, other.place) as r,
               max(rank) as rank, max(coalesce(weight, 0)) as weight
        from link inner join member as one on link.l = one.account
        inner join member as other on link.r = other.account
        where one.place <> other.place
        group by all
    )
    select between.l, between.r, rank, weight
    from between
    inner join place_group as one on between.l = one.place
    inner join place_group as other on between.r = other.place
    where not {_conflict("one", "other", "rank")}
"""

_UNAMBIGUOUS = f"""
    create or replace temp table joined as
    with sided as (
        select l as place, r as other, rank, weight from joinable
        union all
        select r, l, rank, weight from joinable
    ),
    unclear as (
        select sided.place, sided.other
        from sided
        inner join sided as rival
            on sided.place = rival.place and sided.other <> rival.other and rival.rank >= sided.rank
            and rival.weight >= sided.weight - {CLEAR_BY}
        inner join place_group as one on sided.other = one.place
        inner join place_group as two on rival.other = two.place
        where sided.rank = {RANKS["splink"]} and {_conflict("one", "two", str(RANKS["splink"]))}
    ),
    best as (
        select place, other
        from sided anti join unclear
            on sided.place = unclear.place and sided.other = unclear.other
            or sided.place = unclear.other and sided.other = unclear.place
        qualify row_number() over (partition by place order by rank desc, weight desc, other) = 1
    )
    select one.place as l, one.other as r
    from best as one inner join best as two on one.place = two.other and one.other = two.place
    where one.place < one.other
"""

# pairs that may still be one place by all that is known: what decisions are asked for
_UNDECIDED = f"""
    insert into undecided
    select pair.l, pair.r, probability, levels
    from pair
    inner join member as here on pair.l = here.account
    inner join member as there on pair.r = there.account
    inner join place_group as one on here.place = one.place
    inner join place_group as other on there.place = other.place
    where here.place <> there.place and not {_conflict("one", "other", str(RANKS["splink"]))}
"""
