"""How good clusters are against the known truth: pairs, purity, who is served worse, what gaps become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Quality:
    """Pairs of members (not of records) that groups did not join already: true ones found, false, missed.

    `purity` is the share of members in a cluster whose most frequent child is theirs; `over` the share of
    clusters with more than one child, `under` that of children in more than one cluster.
    """

    found: int
    false: int
    missed: int
    purity: float
    over: float
    under: float

    @property
    def precision(self) -> float:
        return self.found / max(self.found + self.false, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.found + self.missed, 1)

    @property
    def f1(self) -> float:
        return 2 * self.found / max(2 * self.found + self.false + self.missed, 1)

    def as_dict(self) -> dict[str, Any]:
        names = ("found", "false", "missed", "precision", "recall", "f1", "purity", "over", "under")
        return {name: getattr(self, name) for name in names}


# a row per member: what it is known by for sure, who it is, where it was put
_MEMBERS = """
    create or replace table bench_member as
    select distinct member_id, partner_id, group_id, truth, cluster_id
    from record inner join cluster using (group_id)
"""


def quality(con: duckdb.DuckDBPyConnection) -> Quality:
    """The quality of table `cluster` against column `truth` of table `record`."""
    con.execute(_MEMBERS)
    true, linked, both = (_pairs(con, by) for by in ("truth", "cluster_id", "truth, cluster_id"))
    row = con.execute("""
        with counted as (select cluster_id, truth, count(*) as n from bench_member group by all),
        clusters as (
            select cluster_id, count(*) as children, max(n) as most, sum(n) as n from counted group by all
        ),
        children as (select truth, count(*) as clusters from counted group by all)
        select (select sum(most) / sum(n) from clusters), (select avg((children > 1)::int) from clusters),
               (select avg((clusters > 1)::int) from children)
    """).fetchone()
    assert row is not None
    return Quality(both, linked - both, true - both, *(float(value or 0) for value in row))


def _pairs(con: duckdb.DuckDBPyConnection, by: str, where: str = "true") -> int:
    """Pairs of members that agree in `by`, less those that share a group too."""
    row = con.execute(f"""
        select (select coalesce(sum(n * (n - 1) / 2), 0) from (
                    select count(*) as n from bench_member where {where} group by {by}))
             - (select coalesce(sum(n * (n - 1) / 2), 0) from (
                    select count(*) as n from bench_member where {where} group by {by}, group_id))
    """).fetchone()
    assert row is not None
    return int(row[0])


def recall_by(con: duckdb.DuckDBPyConnection, trait: str) -> dict[str, tuple[int, float]]:
    """Group -> (true pairs, share found) for a column of table `trait_of` (truth, ...); after `quality`."""
    groups = con.execute(
        f"select distinct {trait} from trait_of where {trait} is not null order by 1"
    ).fetchall()
    found = {}
    for (group,) in groups:
        where = f"truth in (select truth from trait_of where {trait} = '{group}')"
        true = _pairs(con, "truth", where)
        if true:
            found[str(group)] = (true, _pairs(con, "truth, cluster_id", where) / true)
    return found


def gaps(
    con: duckdb.DuckDBPyConnection, partner: str, trait: str, one: str, other: str
) -> tuple[float, float]:
    """Gap in points between two groups' shares of pupils known to a partner: in truth, and as linked.

    Pupils are clusters (children, for the truth) with a member at one of the two school districts; the group
    is that of the pupil's own record at school.
    """
    shares = []
    for person in ("truth", "cluster_id"):
        row = con.execute(f"""
            with pupils as (
                select distinct member.{person} as person, {trait} as trait
                from bench_member as member inner join trait_of using (truth)
                where partner_id in ('river_city_schools', 'lakeshore_unified')
            ),
            known as (select distinct {person} as person from bench_member where partner_id = '{partner}')
            select 100 * (avg((known.person is not null)::int) filter (trait = '{one}')
                   - avg((known.person is not null)::int) filter (trait = '{other}'))
            from pupils left join known using (person)
        """).fetchone()
        assert row is not None
        shares.append(float(row[0] or 0))
    return shares[0], shares[1]
