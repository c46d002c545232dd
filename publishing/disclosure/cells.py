"""The SQL of disclosure control: the cells of the publication plan, numbered."""

# What `protect` reads, as queries over the tables they name in braces.
INPUTS = {
    "source_cells": "{indicator_cells}",
    "plan": "{publication_plan}",
    "rules": "select c.community_id, c.minimum_denominator, r.* exclude (community_id) "
    "from ({communities}) as c join ({disclosure_rules}) as r using (community_id)",
    # what is not written there is not published: an empty selection must not read as all of them
    "selection": "{indicator_selection}",
    "school_districts": "select distinct community_id, organization_id as school_id, district_id "
    "from ({dim_school})",
    "default_definitions": "select indicator_id, definition_version from ({indicator_definitions}) "
    "where is_default",
    "coverages": "select indicator_id from ({indicators}) where is_coverage",
    "folds": "{disclosure_folds}",
    "protected_last": "{disclosure_protected_last}",
    "implications": "{disclosure_implications}",
    "holds": "{disclosure_holds}",
    "residences": "select distinct community_id, school_year, zip_code, tract_id from ({fct_student_year}) "
    "where zip_code is not null or tract_id is not null",
    "shown_values": "{shown_values}",
    "withdrawn": "{withdrawn_releases}",
}

# problem = one indicator, definition version, school year and collection of one community.
# slot = one place and subgroup; how slots add up is worked out once, then repeated for every problem.
# Both are numbered in the order of their keys, so that ties are broken the same way on every run.
PROBLEM_KEY = "community_id, indicator_id, definition_version, school_year, collection"
SLOT_KEY = "community_id, geography_level, geography_id, parent_place, disaggregate, subgroup"
# children whose subgroup or place is not known are never published, but are part of every sum
IS_KNOWN = """
    not regexp_full_match(coalesce(cells.geography_id, 'unknown'), '(.*:)?unknown')
    and not regexp_full_match(cells.subgroup, '(.*[|])?(unknown|unmapped)([|].*)?')
"""

PLANNED = (
    f"""
create or replace temp table planned as
select
    cells.community_id, cells.indicator_id, cells.definition_version, cells.school_year, cells.collection,
    cells.geography_level, cells.geography_id, cells.disaggregate,
    coalesce(folds.folded_subgroup, cells.subgroup) as subgroup,
    sum(cells.denominator)::bigint as n,
    sum(cells.numerator)::bigint as x,
    any_value(rules.minimum_denominator)::bigint as minimum,
    case any_value(cells.geography_level)
        when 'school' then coalesce(any_value(school_districts.district_id), '')
        when 'district' then any_value(cells.community_id)
        else ''
    end as parent_place
from source_cells as cells
semi join plan using (community_id, geography_level, disaggregate)
semi join selection using (community_id, indicator_id)
inner join rules using (community_id)
left join folds
    on cells.community_id = folds.community_id and cells.geography_level = folds.geography_level
    and cells.disaggregate = folds.disaggregate and cells.subgroup = folds.subgroup
left join school_districts
    on cells.geography_level = 'school'
    and cells.community_id = school_districts.community_id
    and cells.geography_id = school_districts.school_id
where cells.denominator > 0 and {IS_KNOWN}
group by all
""",
)
CELLS = (
    f"""
create or replace temp table problem as
select (row_number() over (order by all_keys))::bigint as problem_id, all_keys.*
from (select distinct {PROBLEM_KEY} from planned) as all_keys
""",
    f"""
create or replace temp table slot as
select
    (row_number() over (order by all_keys))::bigint as slot_id,
    all_keys.*,
    string_split(disaggregate, '_x_') as dimensions,
    string_split(subgroup, '|') as members,
    dense_rank() over (order by community_id, geography_level, geography_id) as place_id
from (select distinct {SLOT_KEY} from planned) as all_keys
""",
    f"""
create or replace temp table cell as
select
    problem_id * (select count(*) + 1 from slot) + slot_id as cell_id,
    problem_id, slot_id, n, x, minimum
from planned
inner join problem using ({PROBLEM_KEY})
inner join slot using ({SLOT_KEY})
""",
    # what a reader looks at first is shown before others: totals, then what the community protects last
    """
create or replace temp table slot_rank as
select
    slot_id,
    case
        when disaggregate = 'all' and geography_level = 'community' then 0
        when disaggregate = 'all' and geography_level in ('district', 'school') then 1
        when slot_id in (
            select slot_id from slot inner join protected_last as last
            on slot.community_id = last.community_id and list_contains(slot.dimensions, last.disaggregate)
            and (
                last.subgroup = 'all'
                or slot.members[list_position(slot.dimensions, last.disaggregate)] = last.subgroup
            )
        ) then 2
        else 3
    end as first_to_show
from slot
""",
)
