"""What partners' rosters tell of children who look alike: twins, and namesakes who live at one place.

EM cannot tell twins from a child whose first name one partner has wrong: both agree in all else. A roster
can: two of its members are two children. How many of them look alike, against how many pairs across
partners do, says how often such a pair is one child after all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING

from identity.matching.comparisons import ADDRESS, FIRST_NAME, NAMESAKE, TWINS, Comparison
from identity.matching.normalising import NORMALISED

if TYPE_CHECKING:
    import duckdb

    Weights = dict[str, dict[str, tuple[float, float]]]

FEWEST_IN_ROSTER, FEWEST = 50, 200  # members of a roster, and of all such, to learn from
MOST_OF_A_KEY = 50


@dataclass(frozen=True)
class LookAlike:
    """A fixed level; the columns on which such pairs agree; what else agrees, and how, in a typical one.

    `usual` is the share of children with such a look-alike that stands in for `strength` children of a
    roster. The weight never goes above `most` bits.
    """

    comparison: Comparison
    level: str
    keys: tuple[str, ...]
    agrees: tuple[tuple[str, str], ...]
    usual: float
    most: float
    strength: int = 100


LOOK_ALIKES = (
    LookAlike(FIRST_NAME, TWINS, ("birth_date", "last_name"),
              (("birth_date", "exact"), ("last_name", "exact")), usual=0.03, most=0.0),
    LookAlike(ADDRESS, NAMESAKE, ("first_name", "last_name", "zip_code"),
              (("first_name", "exact"), ("last_name", "exact"), ("birth_date", "different")),
              usual=0.002, most=10.0),
)  # fmt: skip


def weigh_look_alikes(
    con: duckdb.DuckDBPyConnection, weights: Weights, prior: float, n_matches: float
) -> tuple[Weights, tuple[str, ...]]:
    """The weights with those of look-alikes learned from rosters, and the reasons where they could not be.

    A level's Bayes factor is such that a typical pair of it is one child as often as counted: pairs across
    partners per match, less those that the rosters explain.
    """
    row = con.execute(f"""
        select coalesce(sum(n), 0) from (
            select count(distinct group_id) as n from {NORMALISED} where birth_date is not null
            group by partner having n >= {FEWEST_IN_ROSTER})
    """).fetchone()
    assert row is not None
    if row[0] < FEWEST:
        return weights, (f"twins and namesakes: {row[0]} children in rosters, {FEWEST} are the fewest",)
    for one in LOOK_ALIKES:
        within, across = _counts(con, one)
        children = (2 * within + one.usual * one.strength) / (row[0] + one.strength)
        changed = min(max(across / n_matches - children, 5e-4), 0.1)
        typical = log2(prior / (1 - prior)) + sum(
            log2(m / u) for m, u in (weights[f][v] for f, v in one.agrees)
        )
        bits = min(max(log2(changed / children) - typical, -14.0), one.most)
        field = one.comparison.name
        weights = {**weights, field: {**weights[field], one.level: (float(f"{0.01 * 2**bits:.3e}"), 0.01)}}
    return weights, ()


def _counts(con: duckdb.DuckDBPyConnection, one: LookAlike) -> tuple[int, int]:
    """Pairs of the level within rosters, of two groups each, and across partners."""
    keys = " and ".join(f"{key} is not null" for key in one.keys)
    columns = ", ".join(
        f"l.{column} as {column}_l, r.{column} as {column}_r"
        for column in con.table(NORMALISED).columns
        if column not in ("record_id", "state_id")
    )
    before = []
    for level in one.comparison.levels:
        if level.name == one.level:
            break
        before.append(f"({level.sql})")
    is_it = f"({level.sql}) and not coalesce({' or '.join(before)}, false)"
    row = con.execute(f"""
        with keyed as (
            select * from {NORMALISED} where {keys}
            qualify count(*) over (partition by {", ".join(one.keys)}) <= {MOST_OF_A_KEY}
        ),
        pairs as (
            select {columns}
            from keyed as l inner join keyed as r using ({", ".join(one.keys)})
            where l.record_id < r.record_id and l.group_id <> r.group_id
        ),
        alike as (from pairs where {is_it})
        select count(distinct (least(group_id_l, group_id_r), greatest(group_id_l, group_id_r), partner_l))
                   filter (partner_l = partner_r),
               count(*) filter (partner_l <> partner_r)
        from alike
    """).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
