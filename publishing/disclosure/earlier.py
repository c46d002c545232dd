"""The SQL of disclosure control: what earlier releases showed, and what that means for this one.

shown_values has every value ever shown, with the first and the last release that had it; the last state of
a problem are the values of the last release it was in.
"""

# What stays as it was published: by the community's wish, and what turned out not to be protected else.
TO_HOLD = """
create or replace temp table to_hold as select community_id, indicator_id, school_year from holds
"""
# The indicators of cells that are told, or less open than they should be, if they changed in the year.
HOLD_MORE = """
insert into to_hold
select distinct changed.community_id, changed.indicator_id, changed.school_year
from changed
semi join (
    select problem.* from problem inner join stage_cell on problem.problem_id = stage_cell.block
    where stage_cell.cell_id in (select unnest($cells::bigint[]))
) using (community_id, indicator_id, school_year)
anti join to_hold using (community_id, indicator_id, school_year)
returning 1
"""
EARLIER = (
    """
create or replace temp table shown as
select
    * exclude (first_release_id, last_release_id),
    first_release_id, substr(first_release_id, 2)::bigint as first_release,
    substr(last_release_id, 2)::bigint as last_release
from shown_values
semi join (select distinct community_id, school_year from source_cells) using (community_id, school_year)
""",
    """
create or replace temp table last_shown as
select * from shown
qualify last_release = max(last_release) over (
    partition by community_id, indicator_id, definition_version, school_year, collection
)
""",
    # a missing row says that nobody was there, so a row that is new or gone is a change too; but not where
    # the plan asks for more or less than it did
    """
create or replace temp table changed as
with disaggregated as (
    select distinct community_id, indicator_id, definition_version, school_year, collection,
        geography_level, disaggregate, true as was_asked
    from last_shown
),
asked as (select distinct community_id, geography_level, disaggregate, true as is_asked from plan),
compared as (
    select
        community_id, indicator_id, definition_version, school_year, collection,
        case
            when last.suppression in ('suppressed', 'rounded') then false
            when last.suppression is null then coalesce(was_asked, false)
            when new.n is null then coalesce(is_asked, false)
            when last.denominator is null then false  -- percentages, of which no child can be taken
            else new.n <> last.denominator or new.x <> coalesce(last.numerator, new.x)
        end as is_changed
    from planned as new
    full join last_shown as last using (
        community_id, indicator_id, definition_version, school_year, collection,
        geography_level, geography_id, disaggregate, subgroup
    )
    left join disaggregated using (
        community_id, indicator_id, definition_version, school_year, collection, geography_level, disaggregate
    )
    left join asked using (community_id, geography_level, disaggregate)
)
select community_id, indicator_id, definition_version, school_year, collection
from compared
semi join last_shown using (community_id, indicator_id, definition_version, school_year, collection)
group by all having bool_or(is_changed)
""",
    # too little came or went for the whole to be shown anew: with it, nothing of the indicator's year that
    # changed is
    """
create or replace temp table held as
with small as (
    select distinct changed.community_id, changed.indicator_id, changed.school_year
    from changed
    inner join shown using (community_id, indicator_id, definition_version, school_year, collection)
    inner join rules on changed.community_id = rules.community_id
    left join planned as new using (
        community_id, indicator_id, definition_version, school_year, collection,
        geography_level, geography_id, disaggregate, subgroup
    )
    where
        shown.geography_level = 'community' and shown.disaggregate = 'all' and shown.suppression <> 'rounded'
        and abs(coalesce(new.n, 0) - shown.denominator) < rules.minimum_denominator
        -- the results of many were corrected: who came or went is lost among them
        and coalesce(abs(coalesce(new.x, 0) - shown.numerator) < rules.minimum_denominator, true)
)
select changed.* from changed semi join (
    select * from small union select * from to_hold
) using (community_id, indicator_id, school_year)
""",
    """
create or replace temp table held_rows as
select
    last_shown.*,
    max_by(first_release_id, first_release) over (
        partition by community_id, indicator_id, definition_version, school_year, collection
    ) as held_since
from last_shown
semi join held using (community_id, indicator_id, definition_version, school_year, collection)
""",
    """
delete from planned using held
where
    planned.community_id = held.community_id and planned.indicator_id = held.indicator_id
    and planned.definition_version = held.definition_version and planned.school_year = held.school_year
    and planned.collection = held.collection
""",
)
# Of a year that is restated: a number that differs from one ever shown by a small group is protected like
# one, and so is a numerator whose difference tells what became of the difference. What the last release hid
# stays hidden.
RESTATED = (
    """
create or replace temp table difference as
select
    cell.cell_id,
    bool_or(abs(cell.n - shown.denominator) between 1 and cell.minimum - 1) as is_small,
    -- a number as it was shown hides no other one any more
    bool_or(cell.n = shown.denominator) as is_known,
    bool_or(cell.n = shown.denominator and cell.x = shown.numerator) as is_result_known,
    bool_or(
        case
            when shown.numerator is null then false
            when cell.n = shown.denominator then abs(cell.x - shown.numerator) between 1 and cell.minimum - 1
            else least(
                abs(cell.x - shown.numerator), abs(abs(cell.n - shown.denominator) - abs(cell.x -
                shown.numerator))
            ) <= greatest(rules.band_smallest, floor(abs(cell.n - shown.denominator) * rules.band_share))
        end
    ) as is_telling,
    bool_or(shown.suppression = 'suppressed' and shown.last_release = last.last_release) as was_hidden
from cell
inner join problem using (problem_id)
inner join slot using (slot_id)
inner join rules on problem.community_id = rules.community_id
inner join shown
    on problem.community_id = shown.community_id and problem.indicator_id = shown.indicator_id
    and problem.definition_version = shown.definition_version and problem.school_year = shown.school_year
    and problem.collection = shown.collection and slot.geography_level = shown.geography_level
    and slot.geography_id = shown.geography_id and slot.disaggregate = shown.disaggregate
    and slot.subgroup = shown.subgroup and shown.suppression <> 'rounded'
inner join (
    select community_id, indicator_id, definition_version, school_year, collection,
        max(last_release) as last_release
    from shown group by all
) as last
    on problem.community_id = last.community_id and problem.indicator_id = last.indicator_id
    and problem.definition_version = last.definition_version and problem.school_year = last.school_year
    and problem.collection = last.collection
group by all
""",
)
