"""The SQL of disclosure control: the sums that cells of one table are part of."""

# family = slots whose numbers, by their signs, make up a rest that is not published and at least zero: a
# total without its parts (by a disaggregate in the same place, or by the places below it), a group without
# one that it implies, an area without those inside. kind: a `split` has to add up; of an `inside` it is the
# data that say whether the one is in the other. school_year: where it is one of that year alone.
FAMILIES = (
    """
create or replace temp table split_member as
with same_place as (
    select parent.slot_id as parent_slot, child.slot_id as child_slot, child.disaggregate as split,
        if(
            parent.disaggregate = 'all', child.disaggregate,
            child.dimensions[if(parent.disaggregate = child.dimensions[1], 2, 1)]
        ) as dimension
    from slot as child
    inner join slot as parent using (place_id)
    where child.disaggregate <> 'all' and (
        parent.disaggregate = 'all'
        or (len(child.dimensions) = 2 and (
            (parent.disaggregate = child.dimensions[1] and parent.subgroup = child.members[1])
            or (parent.disaggregate = child.dimensions[2] and parent.subgroup = child.members[2])
        ))
    )
)
select parent_slot || ' by ' || split as family, dimension, child_slot as slot_id, -1 as sign
from same_place
union
select parent_slot || ' by ' || split, dimension, parent_slot, 1 from same_place
""",
    # of a level that folds rare groups, the one they are folded into is several groups of the level above
    """
create or replace temp table place_member as
with covered as (
    select slot.*, coalesce(folds.subgroup, slot.subgroup) as original
    from slot
    left join folds
        on slot.community_id = folds.community_id and slot.geography_level = folds.geography_level
        and slot.disaggregate = folds.disaggregate and slot.subgroup = folds.folded_subgroup
),
below as (
    select
        parent.slot_id as parent_slot, child.slot_id as child_slot,
        'below ' || child.geography_level as dimension,
        concat_ws(' ', parent.place_id, child.geography_level, child.disaggregate, child.subgroup) as family
    from covered as child
    inner join covered as parent using (community_id, disaggregate, original)
    where
        (parent.geography_level = 'community' and child.geography_level <> 'community')
        or (
            parent.geography_level = 'district' and child.geography_level = 'school'
            and parent.geography_id = child.parent_place
        )
)
select family || ' below' as family, dimension, child_slot as slot_id, -1 as sign from below
union
select family || ' below', dimension, parent_slot, 1 from below
""",
    # homeless by the school's word is homeless by any: what the wider group has beyond is a group too
    """
create or replace temp table implied_member as
with pairs as (
    select wide.slot_id as wide_slot, narrow.slot_id as narrow_slot
    from implications
    inner join slot as narrow
        on implications.community_id = narrow.community_id and implications.disaggregate = narrow.disaggregate
        and implications.subgroup = narrow.subgroup
    inner join slot as wide
        on narrow.place_id = wide.place_id and implications.implied_disaggregate = wide.disaggregate
        and implications.implied_subgroup = wide.subgroup
)
select wide_slot || ' implied by ' || narrow_slot as family, narrow_slot as slot_id, -1 as sign from pairs
union
select wide_slot || ' implied by ' || narrow_slot, wide_slot, 1 from pairs
""",
    # a tract all of whose children of a school year live in one ZIP code is inside it, and the other way
    # round; neighborhoods, which are made of both, are not published beside them
    """
create or replace temp table area_member as
with areas as (
    select community_id, school_year, 'tract' as inner_level, tract_id as inner_id, 'zip' as outer_level,
        any_value(zip_code) as outer_id
    from residences where tract_id is not null and zip_code is not null
    group by all having count(distinct zip_code) = 1
    union all
    select community_id, school_year, 'zip', zip_code, 'tract', any_value(tract_id)
    from residences where tract_id is not null and zip_code is not null
    group by all having count(distinct tract_id) = 1
),
pairs as (
    select areas.school_year, outside.slot_id as outer_slot, inside.slot_id as inner_slot
    from areas
    inner join slot as inside
        on areas.community_id = inside.community_id and areas.inner_level = inside.geography_level
        and areas.inner_id = inside.geography_id
    inner join slot as outside
        on areas.community_id = outside.community_id and areas.outer_level = outside.geography_level
        and areas.outer_id = outside.geography_id
        and inside.disaggregate = outside.disaggregate and inside.subgroup = outside.subgroup
)
select outer_slot || ' around in ' || school_year as family, school_year, inner_slot as slot_id, -1 as sign
from pairs
union
select outer_slot || ' around in ' || school_year, school_year, outer_slot, 1 from pairs
""",
    """
create or replace temp table family_member as
select dense_rank() over (order by kind, family) as family_id, kind, dimension, school_year, slot_id, sign
from (
    select 'split' as kind, * from split_member
    union all by name select 'split' as kind, * from place_member
    union all by name select 'inside' as kind, * from implied_member
    union all by name select 'inside' as kind, * from area_member
)
""",
    # of a subgroup no more children are of unknown group than of all, and of a place no more than of what it
    # is part of
    """
create or replace temp table wider_family as
with described as (
    -- where groups of the level above are folded into one, the sum has several totals, and none wider
    select family_id, dimension, slot.*
    from family_member inner join slot using (slot_id)
    where kind = 'split' and sign = 1
    qualify count(*) over (partition by family_id) = 1
),
step as (
    select narrow.family_id, wide.family_id as wider_id
    from described as narrow
    inner join described as wide using (place_id, dimension)
    where narrow.disaggregate <> 'all' and wide.disaggregate = 'all'
    union all
    select narrow.family_id, wide.family_id
    from described as narrow
    inner join described as wide using (community_id, dimension)
    where
        narrow.disaggregate = 'all' and wide.disaggregate = 'all'
        and not starts_with(dimension, 'below')
        and (
            (wide.geography_level = 'community' and narrow.geography_level <> 'community')
            or (
                wide.geography_level = 'district' and narrow.geography_level = 'school'
                and wide.geography_id = narrow.parent_place
            )
        )
)
select * from step
union
select step.family_id, further.wider_id
from step inner join step as further on step.wider_id = further.family_id
""",
)

# Sums that are not to tell how many are of no known group: their smallest part is hidden. Where all children
# of a place are of none, a wider sum that tells of three tells that there are no more.
OPENED = "create or replace temp table opened (equation_id bigint)"
OPEN_MORE = """
insert into opened
select distinct wide.equation_id
from member
inner join equation as narrow using (equation_id)
inner join wider_family on narrow.family_id = wider_family.family_id
inner join equation as wide on wide.family_id = wider_family.wider_id and wide.problem_id = narrow.problem_id
where
    member.cell_id in (select unnest($cells::bigint[]))
    and wide.residual_n - narrow.residual_n < (narrow.minimum + 1) // 2
    and wide.equation_id not in (select equation_id from opened)
returning 1
"""

# What is beyond the parts is a cell like the others, never shown; it has the number of its equation below
# zero. Where there is nothing beyond, the parts are known to be the whole.
EQUATIONS = (
    """
create or replace temp table equation as
select
    cell.problem_id * (select max(family_id) + 1 from family_member) + family_id as equation_id,
    problem_id, family_id, any_value(kind) as kind, any_value(cell.minimum) as minimum,
    sum(sign * n)::bigint as residual_n, sum(sign * x)::bigint as residual_x
from family_member
inner join cell using (slot_id)
inner join problem using (problem_id)
-- a family of one school year is none of others
where family_member.school_year is null or family_member.school_year = problem.school_year
group by problem_id, family_id
""",
    # a sum of few children is hidden, and so is how many of them are of no known group
    """
create or replace temp table wider_equation as
with untold as (
    select equation_id from opened
    union
    select equation_id
    from equation
    inner join family_member using (family_id)
    inner join cell using (problem_id, slot_id)
    where sign = 1 and cell.n < cell.minimum
)
select
    narrow.problem_id, narrow.equation_id, wide.equation_id as wider_id,
    narrow.residual_n, wide.residual_n as wider_n,
    wide.residual_n = 0 or wide.equation_id not in (from untold) as is_told
from equation as narrow
inner join wider_family using (family_id)
inner join equation as wide on wide.family_id = wider_family.wider_id and wide.problem_id = narrow.problem_id
""",
    # how many may be in none of its parts, as far as a wider sum tells
    """
create or replace temp table beyond_at_most as
select equation_id, min(wider_n) as cap from wider_equation where is_told group by equation_id
""",
    """
delete from equation
where kind = 'inside' and (residual_n < 0 or residual_x < 0 or residual_x > residual_n)
""",
    """
create or replace temp table member as
select equation_id, problem_id, cell_id, sign
from equation
inner join family_member using (family_id)
inner join cell using (problem_id, slot_id)
union all
select equation_id, problem_id, -equation_id, -1 from equation where residual_n > 0 or kind = 'inside'
""",
)
# parts must be disjoint and no part may exceed its whole, or the method is not right
NOT_ADDING_UP = """
select count(distinct equation_id), min(slot.geography_level), min(slot.disaggregate)
from equation
inner join family_member on equation.family_id = family_member.family_id and sign = -1
inner join slot using (slot_id)
where residual_n < 0 or residual_x < 0 or residual_x > residual_n
"""
