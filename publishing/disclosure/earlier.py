"""The SQL of disclosure control: what earlier releases showed, and what that means for this one.

shown_values has every value ever shown, with the first and the last release of each run that had it. The
state of a problem are the values of the last release in force that it was in: what a withdrawn one showed is
as known as anything else, but it is not what a held year goes back to.
"""

from ingestion.configuration.community_file import SMALLEST_MINIMUM

# What stays as it was published: by the community's wish, and what turned out not to be protected else.
TO_HOLD = """
create or replace temp table to_hold as select community_id, indicator_id, school_year from holds
"""
# The years of indicators whose cells are told, or less open than they should be, if they were shown before:
# {of} is `representative` where a cell stands for all of the same children, or else `problem_id`.
HOLD_MORE = """
insert into to_hold
select distinct shown.community_id, shown.indicator_id, shown.school_year
from shown
semi join (
    select problem.*
    from stage_cell
    inner join population on stage_cell.block = population.{of}
    inner join problem on population.problem_id = problem.problem_id
    where stage_cell.cell_id in (select unnest($cells::bigint[]))
) using (community_id, indicator_id, school_year)
anti join to_hold using (community_id, indicator_id, school_year)
returning 1
"""
# The last release of each run that was not withdrawn; none where all of them were.
IN_FORCE = """
    select first_release_id, last_release_id, max(release) as in_force_release
    from (
        select *, unnest(range(
            substr(first_release_id, 2)::bigint, substr(last_release_id, 2)::bigint + 1
        )) as release
        from (select distinct first_release_id, last_release_id from shown_values)
    )
    where release not in (select substr(release_id, 2)::bigint from withdrawn)
    group by first_release_id, last_release_id
"""
EARLIER = (
    f"""
create or replace temp table shown as
select
    * exclude (first_release_id, last_release_id, first_release, last_release, in_force_release),
    -- whom a rounded number stands for: a small group is rounded up to the first step. What the minimum was
    -- then is not known
    case
        when rounded_to is null then denominator
        when denominator = rounded_to then {SMALLEST_MINIMUM}
        else greatest({SMALLEST_MINIMUM}, ceil(denominator - rounded_to / 2))
    end::bigint as n_low,
    if(rounded_to is null, denominator, ceil(denominator + rounded_to / 2) - 1)::bigint as n_high,
    first_release_id, last_release_id, first_release, last_release, in_force_release
from (
    select *, substr(first_release_id, 2)::bigint as first_release,
        substr(last_release_id, 2)::bigint as last_release
    from shown_values
)
left join ({IN_FORCE}) using (first_release_id, last_release_id)
semi join (select distinct community_id, school_year from source_cells) using (community_id, school_year)
""",
    """
create or replace temp table last_shown as
select * from shown
qualify in_force_release = max(in_force_release) over (
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
            when last.suppression = 'suppressed' then new.n is null and coalesce(is_asked, false)
            when last.suppression is null then coalesce(was_asked, false)
            when new.n is null then coalesce(is_asked, false)
            when last.denominator is null then false  -- percentages are not compared
            else new.n not between last.n_low and last.n_high or new.x <> coalesce(last.numerator, new.x)
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
    # so little came or went since some release that the year stays as it is. Where nothing did, what that
    # release showed is shown again, and where more did anywhere, each number is looked at for itself
    """
create or replace temp table held as
with state as (
    select distinct
        community_id, indicator_id, definition_version, school_year, collection, first_release as release
    from shown
    semi join changed using (community_id, indicator_id, definition_version, school_year, collection)
),
moved as (
    select
        state.*, any_value(rules.minimum_denominator) as minimum,
        max(abs(new.n - shown.denominator)) as most,
        coalesce(max(abs(new.x - shown.numerator)), 0) as most_results,
        bool_or(new.n is null) as has_gone  -- emptied, or folded into another: who was in it may be in more
    from state
    inner join shown
        on state.community_id = shown.community_id and state.indicator_id = shown.indicator_id
        and state.definition_version = shown.definition_version and state.school_year = shown.school_year
        and state.collection = shown.collection
        and state.release between shown.first_release and shown.last_release
    inner join rules on state.community_id = rules.community_id
    inner join (select distinct community_id, geography_level, disaggregate from plan) as asked
        on shown.community_id = asked.community_id and shown.geography_level = asked.geography_level
        and shown.disaggregate = asked.disaggregate
    left join planned as new
        on shown.community_id = new.community_id and shown.indicator_id = new.indicator_id
        and shown.definition_version = new.definition_version and shown.school_year = new.school_year
        and shown.collection = new.collection and shown.geography_level = new.geography_level
        and shown.geography_id = new.geography_id and shown.disaggregate = new.disaggregate
        and shown.subgroup = new.subgroup
    where shown.rounded_to is null and shown.denominator is not null
    group by all
    having bool_or(shown.geography_level = 'community' and shown.disaggregate = 'all')
),
small as (
    select distinct community_id, indicator_id, school_year from moved
    where most < minimum and most_results < minimum and (most + most_results > 0 or has_gone)
)
select * from changed semi join small using (community_id, indicator_id, school_year)
union
select distinct community_id, indicator_id, definition_version, school_year, collection
from (from last_shown union all by name from planned)
semi join to_hold using (community_id, indicator_id, school_year)
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
union all by name
-- all that was shown of it was withdrawn: then nothing is, until more came or went
select
    planned.* exclude (n, x, minimum, parent_place),
    'suppressed' as suppression, withdrawn_since as held_since
from planned
semi join held using (community_id, indicator_id, definition_version, school_year, collection)
anti join last_shown using (community_id, indicator_id, definition_version, school_year, collection)
inner join (
    select
        community_id, indicator_id, school_year, max_by(last_release_id, last_release) as withdrawn_since
    from shown group by all
) using (community_id, indicator_id, school_year)
""",
    # who is told of a held year knows as much of every other table of the same children
    """
insert into shown by name
with counts as (
    select
        community_id, indicator_id, definition_version, school_year, collection, count(*) as counted,
        bit_xor(hash(geography_level, geography_id, disaggregate, subgroup, n)) as fingerprint_1,
        sum(hash(n, geography_level, geography_id, disaggregate, subgroup)::hugeint) as fingerprint_2
    from planned
    semi join (select distinct community_id, school_year from held) using (community_id, school_year)
    group by all
),
alike as (
    select counts.*, of_held.indicator_id as held_id, of_held.definition_version as held_version,
        of_held.collection as held_collection
    from counts
    inner join (
        select counts.* from counts
        semi join held using (community_id, indicator_id, definition_version, school_year, collection)
    ) as of_held using (community_id, school_year, counted, fingerprint_1, fingerprint_2)
    anti join held
        on counts.community_id = held.community_id and counts.school_year = held.school_year
        and counts.indicator_id = held.indicator_id and counts.collection = held.collection
        and counts.definition_version = held.definition_version
)
select
    shown.* replace (
        alike.indicator_id as indicator_id, alike.definition_version as definition_version,
        alike.collection as collection,
        null as numerator, null as value, null as value_low, null as value_high, null as value_kind
    )
from alike
inner join shown
    on alike.community_id = shown.community_id and alike.school_year = shown.school_year
    and alike.held_id = shown.indicator_id and alike.held_version = shown.definition_version
    and alike.held_collection = shown.collection
where shown.rounded_to is null
""",
    """
delete from planned using held
where
    planned.community_id = held.community_id and planned.indicator_id = held.indicator_id
    and planned.definition_version = held.definition_version and planned.school_year = held.school_year
    and planned.collection = held.collection
""",
)
