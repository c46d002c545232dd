"""The SQL of disclosure control: the cells of the publication plan, and the sums they are part of."""

# ---- cells -----------------------------------------------------------------------------------------------
# problem = one indicator, definition version, school year and collection of one community; they share no sum.
# slot = one place and subgroup; how slots add up is worked out once, then repeated for every problem.
# Both are numbered in the order of their keys, so that ties are broken the same way on every run.
PROBLEM_KEY = "community_id, indicator_id, definition_version, school_year, collection"
SLOT_KEY = "community_id, geography_level, geography_id, parent_place, disaggregate, subgroup"
CELLS = (
    """
create temp table planned as
select
    cells.* exclude (denominator, numerator),
    cells.denominator::bigint as n,
    cells.numerator::bigint as x,
    plan.minimum_denominator::bigint as minimum,
    case cells.geography_level
        when 'school' then coalesce(school_districts.district_id, '')
        when 'district' then cells.community_id
        else ''
    end as parent_place
from source_cells as cells
inner join plan using (community_id, geography_level, disaggregate)
semi join selection using (community_id, indicator_id)
left join school_districts
    on cells.geography_level = 'school'
    and cells.community_id = school_districts.community_id
    and cells.geography_id = school_districts.school_id
where
    cells.denominator > 0
    -- children whose subgroup or place is not known are never published, but are part of every sum
    and not regexp_full_match(coalesce(cells.geography_id, 'unknown'), '(.*:)?unknown')
    and not regexp_full_match(cells.subgroup, '(.*[|])?(unknown|unmapped)([|].*)?')
""",
    f"""
create temp table problem as
select (row_number() over (order by all_keys))::bigint as problem_id, all_keys.*
from (select distinct {PROBLEM_KEY} from planned) as all_keys
""",
    f"""
create temp table slot as
select
    (row_number() over (order by all_keys))::bigint as slot_id,
    all_keys.*,
    string_split(disaggregate, '_x_') as dimensions,
    string_split(subgroup, '|') as members
from (select distinct {SLOT_KEY} from planned) as all_keys
""",
    f"""
create temp table cell as
select
    problem_id * (select count(*) + 1 from slot) + slot_id as cell_id,
    problem_id, slot_id, n, x, minimum
from planned
inner join problem using ({PROBLEM_KEY})
inner join slot using ({SLOT_KEY})
""",
)


# ---- equations -------------------------------------------------------------------------------------------
# family = a total and one way to split it: by a disaggregate in the same place, or by the places below it.
EQUATIONS = (
    """
create temp table link as
with same_place as (
    select parent.slot_id as parent_slot, child.slot_id as child_slot, child.disaggregate as split
    from slot as child
    inner join slot as parent using (community_id, geography_level, geography_id, parent_place)
    where child.disaggregate <> 'all' and (
        parent.disaggregate = 'all'
        or (len(child.dimensions) = 2 and (
            (parent.disaggregate = child.dimensions[1] and parent.subgroup = child.members[1])
            or (parent.disaggregate = child.dimensions[2] and parent.subgroup = child.members[2])
        ))
    )
),
places_below as (
    select parent.slot_id as parent_slot, child.slot_id as child_slot, child.geography_level as split
    from slot as child
    inner join slot as parent using (community_id, disaggregate, subgroup)
    where
        (parent.geography_level = 'community' and child.geography_level <> 'community')
        or (
            parent.geography_level = 'district' and child.geography_level = 'school'
            and parent.geography_id = child.parent_place
        )
)
select dense_rank() over (order by parent_slot, split) as family_id, *
from (from same_place union all from places_below)
""",
    """
create temp table family as
select distinct link.family_id, link.parent_slot, slot.geography_level as level, slot.disaggregate
from link inner join slot on link.child_slot = slot.slot_id
""",
    """
create temp table child_member as
select
    cell.problem_id * (select max(family_id) + 1 from family) + link.family_id as equation_id,
    link.family_id, cell.problem_id, cell.cell_id, cell.n, cell.x
from cell inner join link on cell.slot_id = link.child_slot
""",
    # what a total has beyond its published parts: children of unknown subgroup, or at no place of the level
    """
create temp table equation as
select
    parts.equation_id, parts.problem_id, parts.family_id, parent.cell_id as parent_cell, parent.minimum,
    parent.n as parent_n,
    coalesce(parent.n, 0) - parts.n as residual_n,
    coalesce(parent.x, 0) - parts.x as residual_x
from (
    select equation_id, problem_id, family_id, sum(n)::bigint as n, sum(x)::bigint as x
    from child_member group by all
) as parts
inner join family using (family_id)
left join cell as parent on parent.problem_id = parts.problem_id and parent.slot_id = family.parent_slot
""",
    # the rest of a total is a cell like the others, never shown; it has the number of its equation below zero
    """
create temp table member as
select equation_id, cell_id, false as is_parent, n from child_member
union all
select equation_id, parent_cell, true, parent_n from equation
union all
select equation_id, -equation_id, false, residual_n from equation where residual_n > 0
""",
)
