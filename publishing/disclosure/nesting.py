"""The SQL of disclosure control: tables of the same children, or of some of them."""

# population = all problems of a community and school year whose denominators are the same in every cell.
# readers look at the annual numbers of the default definition first.
POPULATIONS = (
    """
create or replace temp table population as
select
    problem_id,
    min(problem_id) over (partition by community_id, school_year, counted, fingerprint_1, fingerprint_2)
        as representative,
    counted, fingerprint_1, fingerprint_2,
    problem.collection = 'annual' and problem.definition_version in (
        select definition_version from default_definitions as d where d.indicator_id = problem.indicator_id
    ) as is_looked_at_first
from (
    select
        problem_id, count(*) as counted,
        bit_xor(hash(slot_id, n)) as fingerprint_1, sum(hash(n, slot_id)::hugeint) as fingerprint_2
    from cell group by problem_id
) inner join problem using (problem_id)
""",
    # a table is inside another at a level if it has no more children in any of the level's cells
    """
create or replace temp table tables as
select
    problem_id, problem.community_id, school_year, slot.geography_level, count(*) as n_cells,
    max(n) filter (disaggregate = 'all') as largest
from cell inner join problem using (problem_id) inner join slot using (slot_id)
where problem_id in (select representative from population)
group by all
""",
    """
create or replace temp table nested as
with pairs as (
    select
        inside.problem_id as inner_id, outside.problem_id as outer_id, inside.geography_level, inside.n_cells,
        inside.n_cells < outside.n_cells as has_more_cells
    from tables as inside
    inner join tables as outside using (community_id, school_year, geography_level)
    where
        inside.problem_id <> outside.problem_id and inside.n_cells <= outside.n_cells
        and inside.largest <= outside.largest
)
select inner_id, outer_id, pairs.geography_level
from pairs
inner join cell as inside on pairs.inner_id = inside.problem_id
inner join slot on inside.slot_id = slot.slot_id and slot.geography_level = pairs.geography_level
inner join cell as outside on pairs.outer_id = outside.problem_id and inside.slot_id = outside.slot_id
where inside.n <= outside.n
group by all
having
    count(*) = any_value(pairs.n_cells)
    -- of two that are equal at the level, one is inside the other
    and (any_value(has_more_cells) or bool_or(inside.n < outside.n) or inner_id < outer_id)
""",
)
