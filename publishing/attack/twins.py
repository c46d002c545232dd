"""Numbers of nearly the same children: versions, collections, other indicators, the release before."""

# Two tables of a year count nearly the same children if very many of the numbers that both show are equal:
# two grades of a district have one in twenty in common by chance. Where they agree at a place in all that
# both show, a cell that one of them hides is what the other shows.
EVIDENCE, EQUAL_SHARE, EQUAL_CELLS = 5, 0.3, 3
# An earlier release of a table shows it with a few children more or less: the total says how many at most.
NEAR = "if(is_same_measure, 2 * minimum_denominator, 0)"
# Tables that differ by a few children may do so either way: that is a guess, which tells of nobody for sure.
GUESS = "2 * minimum_denominator"

TWINS = (
    """
create or replace temp table pair_of_tables as
select one.table_id as table_id, other.table_id as other_id, one.minimum_denominator,
    (one.indicator_id, one.definition_version, one.collection)
    = (other.indicator_id, other.definition_version, other.collection) as is_same_measure
from tbl as one
inner join tbl as other using (community_id, school_year)
where one.table_id <> other.table_id and one.release_id = '' and (
    other.release_id = ''
    or (one.indicator_id, one.definition_version, one.collection)
    = (other.indicator_id, other.definition_version, other.collection)
)
""",
    # totals of all places and singles of the whole community: enough to tell who counts the same children
    f"""
create or replace temp table near_table as
with telling as (
    select table_id, slot_id, n_low as n from told inner join slot using (slot_id)
    where n_low = n_high
        and (disaggregate = 'all' or (geography_level = 'community' and not contains(disaggregate, '_x_')))
)
select pair.*
from pair_of_tables as pair
inner join telling as mine on pair.table_id = mine.table_id
inner join telling as theirs on pair.other_id = theirs.table_id and mine.slot_id = theirs.slot_id
group by all
having count(*) filter (mine.n = theirs.n) >= greatest({EQUAL_CELLS}, {EQUAL_SHARE} * count(*))
    and count(*) >= {EVIDENCE}
""",
    """
create or replace temp table common_cell as
select pair.*, slot.geography_level, slot.geography_id, slot.disaggregate, mine.slot_id,
    mine.n_low is not distinct from mine.n_high as is_mine_known,
    mine.n_low as n, theirs.n_low as their_n,
    mine.x_low is not distinct from mine.x_high as is_x_known,
    theirs.x_low is not distinct from theirs.x_high as is_their_x_known,
    mine.x_low as x, theirs.x_low as their_x
from near_table as pair
inner join told as mine on pair.table_id = mine.table_id
inner join told as theirs on pair.other_id = theirs.table_id and mine.slot_id = theirs.slot_id
inner join slot on mine.slot_id = slot.slot_id
where theirs.n_low = theirs.n_high
""",
    # what is told of subgroups of other children than it seems leads an attacker astray
    """
create or replace temp table mistaken as
with cells as (select near_table.*, slot_id, n from near_table inner join truth using (table_id)),
differing as (
    select cells.table_id, cells.other_id, cells.slot_id
    from cells
    left join truth as theirs on cells.other_id = theirs.table_id and cells.slot_id = theirs.slot_id
    where not is_same_measure and {near} = 0 and cells.n is distinct from theirs.n
)
select table_id, other_id, geography_level, geography_id, disaggregate
from differing inner join slot using (slot_id)
union
select other_id, table_id, geography_level, geography_id, disaggregate
from differing inner join slot using (slot_id)
""",
    # by place: none of the common numbers may be further apart than the total, nor the other way round
    """
create or replace temp table near_place as
with equal_table as (
    select table_id, other_id, bool_and(n = their_n) as is_equal
    from common_cell where is_mine_known
    group by table_id, other_id
),
differences as (
    select table_id, other_id, geography_level, geography_id, minimum_denominator, is_same_measure, is_equal,
        max(their_n - n) filter (disaggregate = 'all') as total,
        min(their_n - n) as least, max(their_n - n) as most,
        bool_and(not is_same_measure or not (is_x_known and is_their_x_known)
            or (their_x - x between least(0, their_n - n) and greatest(0, their_n - n))) as is_x_nested
    from common_cell inner join equal_table using (table_id, other_id)
    where is_mine_known
    group by all
)
select table_id, other_id, geography_level, geography_id, coalesce(total, 0) as total, is_x_nested
from differences
where (total is null and is_equal)
    or (abs(total) <= {near} and least >= least(0, total) and most <= greatest(0, total))
""",
    """
create or replace temp table twin_bound as
select table_id, slot_id,
    max(their_n - greatest(0, total)) as n_low,
    min(their_n - least(0, total)) as n_high,
    max(their_x - greatest(0, total)) filter (is_same_measure and is_x_nested and is_their_x_known) as x_low,
    min(their_x - least(0, total)) filter (is_same_measure and is_x_nested and is_their_x_known) as x_high,
    min(other_id) as other_id
from common_cell
inner join near_place using (table_id, other_id, geography_level, geography_id)
anti join mistaken using (table_id, other_id, geography_level, geography_id, disaggregate)
where not is_mine_known or not is_x_known
group by table_id, slot_id
""",
    # contradictory: then they are not of nearly the same children after all, and nothing is concluded
    """
create or replace temp table known as
select
    told.table_id, told.slot_id, told.suppression, told.is_shown,
    if(fits, greatest(told.n_low, coalesce(twin.n_low, told.n_low)), told.n_low) as n_low,
    if(fits, least(told.n_high, twin.n_high), told.n_high) as n_high,
    if(fits, greatest(told.x_low, coalesce(twin.x_low, 0)), told.x_low) as x_low,
    if(fits, least(told.x_high, twin.x_high), told.x_high) as x_high,
    told.told_by,
    if(fits, other.release_id, null) as twin_release,
    if(fits, other.indicator_id || ' ' || other.definition_version || ' ' || other.collection, null) as twin
from told
inner join tbl on told.table_id = tbl.table_id and tbl.release_id = ''
left join (
    select *, n_low <= n_high and coalesce(x_low <= x_high, true) as fits from twin_bound
) as twin on told.table_id = twin.table_id and told.slot_id = twin.slot_id
left join tbl as other on twin.other_id = other.table_id
""",
    # a rate told of a group whose number came from a twin bounds its numerator too
    "update known set x_high = n_high where n_high is not null and x_high is null",
)
# What contradicts the sums of an indicator and year was not of nearly the same children: it is dropped.
WITHOUT_TWINS = (
    """
update known set n_low = told.n_low, n_high = told.n_high, x_low = told.x_low,
    x_high = coalesce(told.x_high, told.n_high), twin = null, twin_release = null
from told inner join tbl on told.table_id = tbl.table_id
where known.table_id = told.table_id and known.slot_id = told.slot_id and list_contains($units, tbl.unit_id)
""",
)
