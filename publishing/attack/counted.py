"""Results that another table counts as its children: one number that two tables tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing.attack.told import columns_of

if TYPE_CHECKING:
    import duckdb

# so many numbers are not equal by chance
EVIDENCE = 5

# An attacker knows by the definitions which tables these are; here it is seen in the true numbers. A table
# that shows other numbers than these, since its year is held, tells of other children.
_COUNTED = """
create or replace temp table counted as
with agreeing as (
    select table_id, slot_id, n, x, (community_id, school_year) as year, indicator_id
    from known inner join truth using (table_id, slot_id) inner join tbl using (table_id)
    qualify bool_and(n between n_low and coalesce(n_high, n) and x between x_low and coalesce(x_high, x))
        over (partition by table_id)
),
results as (
    select year, table_id, indicator_id, count(*) as counted,
        bit_xor(hash(slot_id, x)) as fingerprint_1, sum(hash(x, slot_id)::hugeint) as fingerprint_2
    from agreeing where x > 0 group by all having count(*) >= {evidence}
),
counts as (
    select year, table_id as other_id, count(*) as counted,
        bit_xor(hash(slot_id, n)) as fingerprint_1, sum(hash(n, slot_id)::hugeint) as fingerprint_2
    from agreeing group by all
),
-- where it is true of all, whoever counts the same children counts those it is true for; no one knows it is
pairs as (
    select results.table_id, other_id, indicator_id
    from results inner join counts using (year, counted, fingerprint_1, fingerprint_2)
    anti join counts as own
        on results.table_id = own.other_id and results.counted = own.counted
        and results.fingerprint_1 = own.fingerprint_1 and results.fingerprint_2 = own.fingerprint_2
    where results.table_id <> other_id
)
-- no row there says that nobody is
select pairs.*, mine.slot_id, if(theirs.table_id is null, 0, greatest(mine.x_low, theirs.n_low)) as low,
    if(theirs.table_id is null, 0, least(mine.x_high, theirs.n_high)) as high
from pairs
inner join known as mine using (table_id)
left join known as theirs on pairs.other_id = theirs.table_id and mine.slot_id = theirs.slot_id
"""
_TOLD_BY_ANOTHER = (
    """
create or replace temp table of_result as
select table_id, slot_id, max(low) as low, min(high) as high,
    min_by(other_id, (coalesce(high, 9e15) - low, other_id)) as other_id
from counted group by all
""",
    """
update known set x_low = low, x_high = coalesce(high, known.x_high),
    twin = coalesce(known.twin, tbl.indicator_id || ' ' || tbl.definition_version || ' ' || tbl.collection)
from of_result inner join tbl on of_result.other_id = tbl.table_id
where known.table_id = of_result.table_id and known.slot_id = of_result.slot_id
    and (low > known.x_low or high < coalesce(known.x_high, high + 1))
""",
    """
create or replace temp table of_children as
select other_id, slot_id, max(low) as low, min(high) as high,
    min_by(table_id, (coalesce(high, 9e15) - low, table_id)) as table_id
from counted group by all
""",
    """
update known set n_low = low, n_high = coalesce(high, known.n_high),
    twin = coalesce(known.twin, tbl.indicator_id || ' ' || tbl.definition_version || ' ' || tbl.collection)
from of_children inner join tbl on of_children.table_id = tbl.table_id
where known.table_id = of_children.other_id and known.slot_id = of_children.slot_id
    and (low > known.n_low or high < coalesce(known.n_high, high + 1))
""",
)
# Many of whom something is true are a group like any other; of how many data came says nothing of a child;
# that nobody is there is told by every table without a row.
_HARMLESS = """
insert into harmless
select unnest(['x', 'y']), counted.table_id, counted.slot_id
from counted inner join truth using (table_id, slot_id) inner join tbl using (table_id)
where counted.indicator_id in (select indicator_id from {coverages})
    or x = 0 or (x >= minimum_denominator and n - x > greatest(band_smallest, floor(band_share * n)))
except from harmless
"""


def told_by_counting(con: duckdb.DuckDBPyConnection, published: str) -> None:
    """Bound what is `known` of results and of the children that another table counts by each other."""
    coverages = "(select '' as indicator_id)"
    if "is_coverage" in columns_of(con, published).get("indicators", set()):
        coverages = f"(select indicator_id from {published}.indicators where is_coverage)"
    con.execute(_COUNTED.format(evidence=EVIDENCE))
    for statement in _TOLD_BY_ANOTHER:
        con.execute(statement)
    con.execute(_HARMLESS.format(coverages=coverages))
