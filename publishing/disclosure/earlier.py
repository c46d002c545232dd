"""The SQL of disclosure control: what earlier releases showed, and what that means for this one.

shown_values has every value ever shown, with the first and the last release of each run that had it. The
state of a problem are the values of the last release in force that it was in: what a withdrawn one showed is
as known as anything else, but it is not what a held year goes back to.
"""

from ingestion.configuration.community_file import SMALLEST_MINIMUM
from publishing.disclosure.widths import BAND_SIZE, NUMERATOR_WIDTH

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
_MOVED = "abs(cell.n - shown.denominator)"
# whom the number that is shown now would stand for
_IS_ROUNDED = "rules.shows = 'counts' and coalesce(cell.n < rules.rounded_under, false)"
_STEP = "greatest(1, round(cell.n / rules.rounded_to)) * rules.rounded_to"
_NOW_LOW = f"""case
    when not ({_IS_ROUNDED}) then cell.n
    when {_STEP} = rules.rounded_to then cell.minimum
    else greatest(cell.minimum, ceil({_STEP} - rules.rounded_to / 2))
end"""
_NOW_HIGH = f"if({_IS_ROUNDED}, least(rules.rounded_under, ceil({_STEP} + rules.rounded_to / 2)) - 1, cell.n)"
# how many came or went at least, and at most, by the two numbers alone
_LEAST_APART = f"greatest(0, {_NOW_LOW} - shown.n_high, shown.n_low - {_NOW_HIGH})"
_MOST_APART = f"greatest({_NOW_HIGH} - shown.n_low, shown.n_high - {_NOW_LOW})"
# the fewest and the most of whom it was true when it was shown as a band, by that alone
# (by the rules of now, or by the band as it was shown, where those were others)
_SHARE = "if(shown.suppression = 'coded_low', shown.value_high, 1 - shown.value_low)"
_BAND = (
    f"least({BAND_SIZE.format(n='shown.denominator')}, floor(shown.denominator * {_SHARE} + 1e-6)::bigint)"
)
_LEAST = f"if(shown.suppression = 'coded_low', 0, shown.denominator - {_BAND})"
_MOST = f"if(shown.suppression = 'coded_low', {_BAND}, shown.denominator)"
# and of those who came or went since
_FEWEST_MOVED = f"if(cell.n > shown.denominator, cell.x - {_MOST}, {_LEAST} - cell.x)"
_MOST_MOVED = f"if(cell.n > shown.denominator, cell.x - {_LEAST}, {_MOST} - cell.x)"
# A number beside an earlier band: what is left of the band is too narrow, or who came or went are all alike.
_BAND_TELLS = f"""
least(cell.x, cell.n - cell.x) > {BAND_SIZE.format(n="cell.n")} and cell.n <> shown.denominator and (
    least({_MOST}, cell.x + greatest(shown.denominator - cell.n, 0))
    - greatest({_LEAST}, cell.x - greatest(cell.n - shown.denominator, 0))
    < least({NUMERATOR_WIDTH}, {_MOST} - ({_LEAST}))
    or least({_MOST_MOVED}, {_MOVED}) <= {BAND_SIZE.format(n=_MOVED)}
    or greatest({_FEWEST_MOVED}, 0) >= {_MOVED} - {BAND_SIZE.format(n=_MOVED)}
)
"""
# Of a year that is restated: a number that differs from one ever shown by a small group is protected like
# one, and so is a numerator whose difference tells what became of the difference. What the last release hid
# stays hidden.
RESTATED = (
    f"""
create or replace temp table difference as
select
    cell.cell_id,
    bool_or({_LEAST_APART} > 0 and {_MOST_APART} < cell.minimum) as is_small,
    -- a number as it was shown hides no other one any more
    bool_or(cell.n = shown.denominator and shown.rounded_to is null) as is_known,
    bool_or(cell.n = shown.denominator and cell.x = shown.numerator) as is_result_known,
    bool_or(
        case
            when shown.rounded_to is not null then false
            when shown.suppression like 'coded%' then coalesce({_BAND_TELLS}, false)
            when shown.numerator is null then false
            when cell.n = shown.denominator then abs(cell.x - shown.numerator) between 1 and cell.minimum - 1
            else least(
                abs(cell.x - shown.numerator), abs({_MOVED} - abs(cell.x - shown.numerator))
            ) <= {BAND_SIZE.format(n=_MOVED)}
        end
    ) as is_telling,
    coalesce(bool_or(shown.suppression = 'suppressed' and shown.in_force_release = last.release), false)
        as was_hidden,
    coalesce(bool_or(shown.suppression <> 'suppressed' and shown.in_force_release = last.release), false)
        as was_shown
from cell
inner join problem using (problem_id)
inner join slot using (slot_id)
inner join rules on problem.community_id = rules.community_id
inner join shown
    on problem.community_id = shown.community_id and problem.indicator_id = shown.indicator_id
    and problem.definition_version = shown.definition_version and problem.school_year = shown.school_year
    and problem.collection = shown.collection and slot.geography_level = shown.geography_level
    and slot.geography_id = shown.geography_id and slot.disaggregate = shown.disaggregate
    and slot.subgroup = shown.subgroup
inner join (
    select community_id, indicator_id, definition_version, school_year, collection,
        max(in_force_release) as release
    from shown group by all
) as last
    on problem.community_id = last.community_id and problem.indicator_id = last.indicator_id
    and problem.definition_version = last.definition_version and problem.school_year = last.school_year
    and problem.collection = last.collection
group by all
""",
)
