"""The SQL of disclosure control: tables of the same children, of some of them, or nearly so."""

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
    # with none between them: what is between follows
    """
create or replace temp table next_nested as
select * from nested
anti join (
    select a.inner_id, b.outer_id, a.geography_level
    from nested as a inner join nested as b on a.outer_id = b.inner_id and a.geography_level =
    b.geography_level
) using (inner_id, outer_id, geography_level)
""",
)
# The children of the one table that are not in the other are a group too. Numbers far apart bind nothing,
# since no table that proves anything moves a number so far.
COUPLED = """
create or replace temp table coupled as
with differences as (
    select
        outer_id, inner_id, outside.slot_id, outside.cell_id as outer_cell, inside.cell_id as inner_cell,
        outside.n - inside.n as n, outside.minimum
    from next_nested
    inner join cell as inside on next_nested.inner_id = inside.problem_id
    inner join slot
        on inside.slot_id = slot.slot_id and slot.geography_level = next_nested.geography_level
    inner join cell as outside
        on next_nested.outer_id = outside.problem_id and inside.slot_id = outside.slot_id
)
select
    (select coalesce(max(equation_id), 0) from equation)
    + row_number() over (order by outer_cell, inner_cell) as equation_id,
    *
from differences
where n <= {far}
"""
# Numbers of one subgroup in tables that count nearly the same children at a place: of two that are not inside
# each other that is a guess (decision 0006). They are hidden together, as are numbers known to be the same.
TWINS = """
create or replace temp table twin as
with placed as (
    select
        cell.cell_id, cell.problem_id, cell.slot_id, problem.school_year, cell.n, cell.minimum, slot.place_id,
        slot.geography_level,
        max(cell.n) filter (slot.disaggregate = 'all') over (partition by cell.problem_id, slot.place_id)
            as n_of_place
    from cell
    inner join problem using (problem_id)
    inner join slot using (slot_id)
    where problem_id in (select representative from population)
)
select cell_id, twin_id, false as is_same
from (
    select
        one.cell_id, other.cell_id as twin_id, nested.inner_id is not null as is_nested,
        -- two more for children who left and others who came
        abs(one.n - other.n) <= greatest(abs(one.n_of_place - other.n_of_place), 2) as is_twin,
        -- other children, only as many, differ more in some subgroup
        max(abs(one.n - other.n)) over (partition by one.problem_id, other.problem_id, one.place_id)
        < greatest(one.minimum - 1, one.n_of_place // 100) as are_same_children
    from placed as one
    inner join placed as other using (slot_id, school_year)
    left join nested
        on one.geography_level = nested.geography_level
        and least(one.problem_id, other.problem_id) = least(nested.inner_id, nested.outer_id)
        and greatest(one.problem_id, other.problem_id) = greatest(nested.inner_id, nested.outer_id)
    where one.problem_id < other.problem_id and abs(one.n_of_place - other.n_of_place) < one.minimum - 1
)
where is_nested or (is_twin and are_same_children)
union all
select outer_cell, inner_cell, true from coupled where n = 0
"""
