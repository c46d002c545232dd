"""Children whose national id two partners hashed the same way: the same number, mostly the same child."""

from __future__ import annotations

from typing import TYPE_CHECKING

from identity.birth_dates import nearly_the_same
from ingestion.state_ids import MOST_STUDENTS

if TYPE_CHECKING:
    import duckdb

# of one hash at one partner; with more it is a number that several use, or the hash of 999999999, which would
# give as many pairs as the square of its children
MOST_BIRTH_DATES = 1
# Bits for a pair with the same hash, by what the birth dates say; assumed, not counted. A child may be
# registered with a parent's number, so what contradicts it is for a person to look at (below 0.9), and
# another date altogether says nothing.
WEIGHTS = {"same birth date": 15.0, "no birth date to compare": 5.0, "birth dates nearly the same": 2.0}


def score_hashed_ids(con: duckdb.DuckDBPyConnection) -> int:
    """Append to table `pair` the pairs of `record` with the same hashed_national_id, and return their number.

    A hash names its method (sha256:...); one of more than MOST_STUDENTS of a partner is nobody's. Pairs are
    of two partners, members and groups; one that is there already keeps its evidence and gets the greater
    weight. levels are {'national_id': 'same hash, same birth date'}. Without the column nothing is done.
    """
    if "hashed_national_id" not in con.table("record").columns:
        return 0
    con.execute(_SAME_HASH)
    con.execute(_WEIGH)
    con.execute(_APPEND)
    row = con.execute("select count(*) from same_hash").fetchone()
    con.execute("drop table same_hash")
    assert row is not None
    return int(row[0])


_CASES = " ".join(f"when '{says}' then {bits}" for says, bits in WEIGHTS.items())
_SAME_HASH = f"""
    create or replace temp table same_hash as
    with usable as (
        select *, hashed_national_id as hash
        from record
        where hashed_national_id is not null and hashed_national_id not in (
            select hashed_national_id from record
            where hashed_national_id is not null
            group by partner_id, hashed_national_id
            having count(distinct birth_date) > {MOST_BIRTH_DATES}
                or count(distinct member_id) > {MOST_STUDENTS}
        )
    ),
    pairs as (
        select l.record_id as record_l, r.record_id as record_r,
            case
                when l.birth_date = r.birth_date then 'same birth date'
                when l.birth_date is null or r.birth_date is null then 'no birth date to compare'
                when {nearly_the_same("l.birth_date", "r.birth_date")} then 'birth dates nearly the same'
            end as says
        from usable as l inner join usable as r using (hash)
        where l.record_id < r.record_id and l.partner_id <> r.partner_id and l.member_id <> r.member_id
            and l.group_id <> r.group_id
    )
    select *, (case says {_CASES} end)::double as bits,
        map(['national_id'], ['same hash, ' || says]) as evidence
    from pairs
    where says is not null
"""
_WEIGH = """
    update pair set
        match_weight = greatest(match_weight, bits),
        match_probability = greatest(match_probability, 1 / (1 + pow(2, -bits))),
        levels = map_concat(levels, evidence)
    from same_hash
    where pair.record_l = same_hash.record_l and pair.record_r = same_hash.record_r
"""
_APPEND = """
    insert into pair by name
    select record_l, record_r, bits as match_weight, 1 / (1 + pow(2, -bits)) as match_probability,
        evidence as levels
    from same_hash anti join pair using (record_l, record_r)
"""
