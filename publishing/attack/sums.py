"""The sums that published cells are part of, as one system of equations per indicator and school year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing.attack.counted import told_by_counting

if TYPE_CHECKING:
    import duckdb

# A family is a total and one way to split it: by a disaggregate, or by the places below.
_FAMILIES = """
create or replace temp table link as
with parts as (
    select *, string_split(disaggregate, '_x_') as dimensions, string_split(subgroup, '|') as members
    from slot
),
in_place as (
    select total.slot_id as total_id, part.slot_id as part_id, 'subgroup' as kind,
        if(total.disaggregate = part.dimensions[1], part.dimensions[2],
            if(total.disaggregate = 'all', part.disaggregate, part.dimensions[1])) as split
    from parts as part
    inner join parts as total using (community_id, geography_level, geography_id)
    where part.disaggregate <> 'all' and (
        total.disaggregate = 'all'
        or (len(part.dimensions) = 2 and (
            (total.disaggregate = part.dimensions[1] and total.subgroup = part.members[1])
            or (total.disaggregate = part.dimensions[2] and total.subgroup = part.members[2])
        ))
    )
),
-- a place is part of each place above it: schools of their district and of the community
place as (
    select distinct community_id, geography_level, geography_id, parent_level, parent_id
    from {published}.geographies where parent_id is not null
),
above as (
    select * from place
    union
    select place.community_id, place.geography_level, place.geography_id, upper.parent_level, upper.parent_id
    from place
    inner join place as upper
        on place.community_id = upper.community_id
        and place.parent_level = upper.geography_level and place.parent_id = upper.geography_id
),
-- groups that are told together are the same at two levels only where both levels have the same groups
groups_of_level as (
    select community_id, geography_level, disaggregate, list(distinct subgroup order by subgroup) as groups
    from slot group by all
),
of_places as (
    select total.slot_id, part.slot_id, 'place', part.geography_level
    from slot as part
    inner join above using (community_id, geography_level, geography_id)
    inner join slot as total
        on total.community_id = part.community_id
        and total.geography_level = above.parent_level and total.geography_id = above.parent_id
        and total.disaggregate = part.disaggregate and total.subgroup = part.subgroup
    inner join groups_of_level as at_part
        on at_part.community_id = part.community_id
        and at_part.geography_level = part.geography_level and at_part.disaggregate = part.disaggregate
    inner join groups_of_level as at_total
        on at_total.community_id = total.community_id
        and at_total.geography_level = total.geography_level and at_total.disaggregate = total.disaggregate
    where not regexp_matches(part.subgroup, 'other_groups') or at_part.groups = at_total.groups
)
select (dense_rank() over (order by total_id, kind, split))::bigint as family_id, *
from (from in_place union all from of_places)
"""
_SUMS = (
    "create or replace temp table family as select distinct family_id, total_id, kind, split from link",
    """
create or replace temp table summand as
select link.family_id, known.table_id, known.slot_id, 1 as coefficient from link
inner join known on link.part_id = known.slot_id
semi join (select table_id, slot_id from known) as total
    on total.table_id = known.table_id and total.slot_id = link.total_id
union all
select family.family_id, known.table_id, known.slot_id, -1
from family inner join known on family.total_id = known.slot_id
""",
    # what is known of a sum, and how many of its cells are not; rest = the total less what is in no part
    """
create or replace temp table sums as
select family_id, table_id,
    count(*) filter (n_low is distinct from n_high) as n_unknown,
    count(*) filter (x_low is distinct from x_high) as x_unknown,
    coalesce(-sum(coefficient * n_low) filter (n_low = n_high), 0)::bigint as n_rest,
    coalesce(-sum(coefficient * x_low) filter (x_low = x_high), 0)::bigint as x_rest
from summand inner join known using (table_id, slot_id)
group by family_id, table_id
having count(*) filter (coefficient = 1) > 0 and count(*) filter (coefficient = -1) = 1
""",
)
# Children whose subgroup or place is not known are in a total and in no part. A sum that is wholly shown
# tells how many; places below and pairs cannot have more of them than the whole.
_RESTS = """
create or replace temp table rest_cap as
with told as (
    select sums.table_id, sums.family_id, sums.n_rest as cap from sums where n_unknown = 0
)
select wanted.table_id, wanted.family_id, min(told.cap) as cap
from sums as wanted
inner join wider on wanted.family_id = wider.family_id
inner join told on told.table_id = wanted.table_id and told.family_id = wider.wider_id
where wanted.n_unknown > 0
group by all
"""
_WIDER = """
create or replace temp table wider as
with described as (
    select family.*, slot.* exclude (slot_id) from family inner join slot on family.total_id = slot.slot_id
),
one_step as (
    -- of a subgroup no more are unknown than of all
    select narrow.family_id, wide.family_id as wider_id
    from described as narrow
    inner join described as wide using (community_id, geography_level, geography_id, kind, split)
    where narrow.disaggregate <> 'all' and wide.disaggregate = 'all'
    union all
    -- of a place no more than of the place it is part of
    select narrow.family_id, wide.family_id
    from described as narrow
    inner join link on narrow.total_id = link.part_id and link.kind = 'place'
    inner join described as wide
        on wide.total_id = link.total_id and wide.kind = 'subgroup' and wide.split = narrow.split
    where narrow.kind = 'subgroup'
)
select * from one_step
union
select one_step.family_id, further.wider_id
from one_step inner join one_step as further on one_step.wider_id = further.family_id
"""
# Who has children of unknown group is taken as known where `true_cells` tells; how many there are is not.
_TRUTH = """
create or replace temp table truth as
select told.table_id, told.slot_id, cells.denominator::bigint as n, cells.numerator::bigint as x
from told
inner join tbl on told.table_id = tbl.table_id and tbl.release_id = ''
inner join slot using (slot_id)
inner join {true_cells} as cells
    on tbl.community_id = cells.community_id and tbl.indicator_id = cells.indicator_id
    and tbl.definition_version = cells.definition_version and tbl.school_year = cells.school_year
    and tbl.collection = cells.collection and slot.geography_level = cells.geography_level
    and slot.geography_id = cells.geography_id and slot.disaggregate = cells.disaggregate
    and slot.subgroup = cells.subgroup
"""
# A group that is large in truth, and a result of it that is far from none and all, was hidden to protect
# others: a narrow range of it harms nobody.
_HARMLESS = """
create or replace temp table harmless as
select unnest(if(is_plain, ['n', 'x', 'y'], ['n'])) as kind, table_id, slot_id from (
    select table_id, slot_id, least(x, n - x) > greatest(band_smallest, floor(band_share * n)) as is_plain
    from truth inner join tbl using (table_id)
    where n >= minimum_denominator
)
"""
# Nor does hiding now what an earlier release showed as it is, by rules that were less strict: it is told.
_TOLD_BEFORE = """
insert into harmless
with before as (
    select truth.table_id, truth.slot_id, is_result
    from truth
    inner join tbl as now using (table_id)
    inner join slot using (slot_id)
    inner join shown_before as past
        on now.community_id = past.community_id and now.indicator_id = past.indicator_id
        and now.definition_version = past.definition_version and now.school_year = past.school_year
        and now.collection = past.collection and slot.geography_level = past.geography_level
        and slot.geography_id = past.geography_id and slot.disaggregate = past.disaggregate
        and slot.subgroup = past.subgroup
    cross join (values (false), (true)) as asked (is_result)
    where
        past.denominator = truth.n and past.rounded_to is null
        and (not is_result or past.numerator = truth.x)
)
select distinct unnest(if(is_result, ['x', 'y'], ['n'])) as kind, table_id, slot_id from before
except select * from harmless
"""
_TRUE_RESTS = """
create or replace temp table true_rest as
select family_id, table_id, -sum(coefficient * n)::bigint as n_rest
from summand inner join truth using (table_id, slot_id)
group by all
"""
# Every unknown is a variable: n, x, y (n less x), the rest of a sum and how many of it are successes. What is
# known of an equation stands on its right.
_SYSTEM = (
    """
create or replace temp table open_sum as
select sums.*, unit_id,
    case when n_unknown = 0 then n_rest when n_rest_true <= 0 then 0 else coalesce(cap, 9e15) end as rest_high
from sums
inner join tbl using (table_id)
left join rest_cap using (table_id, family_id)
left join (select table_id, family_id, n_rest as n_rest_true from true_rest) using (table_id, family_id)
where n_unknown > 0 or x_unknown > 0
""",
    """
create or replace temp table variable as
with kinds as (
    select unit_id, 'n' as kind, table_id, slot_id as place_id, n_low as low, n_high as high
    from known inner join tbl using (table_id) where n_low is distinct from n_high
    union all
    select unit_id, 'x', table_id, slot_id, x_low, x_high
    from known inner join tbl using (table_id) where x_low is distinct from x_high
    union all
    select unit_id, 'y', table_id, slot_id, 0, if(x_low = x_high, null, n_high)
    from known inner join tbl using (table_id) where n_low is distinct from n_high
    union all
    select unit_id, 'rest', table_id, family_id, 0, if(rest_high < 9e15, rest_high, null)
    from open_sum where n_unknown > 0 and rest_high > 0
    union all
    select unit_id, 'rest_x', table_id, family_id, 0, if(rest_high < 9e15, rest_high, null)
    from open_sum where x_unknown > 0 and rest_high > 0
    union all
    select unit_id, 'rest_y', table_id, family_id, 0, null
    from open_sum where x_unknown > 0 and n_unknown > 0 and rest_high > 0
)
select *,
    (row_number() over (partition by unit_id order by kind, table_id, place_id) - 1)::integer as variable
from kinds
""",
    """
create or replace temp table equation as
with kinds as (
    select unit_id, 'n' as kind, table_id, family_id as place_id, n_rest::double as known
    from open_sum where n_unknown > 0
    union all
    select unit_id, 'x', table_id, family_id, x_rest from open_sum where x_unknown > 0
    union all
    select unit_id, 'y', variable.table_id, place_id, coalesce(if(x_low = x_high, x_low, 0), 0)
    from variable inner join known on known.table_id = variable.table_id and known.slot_id = variable.place_id
    where kind = 'y'
    union all
    select unit_id, 'rest_y', table_id, place_id, 0 from variable where kind = 'rest_y'
)
select *,
    (row_number() over (partition by unit_id order by kind, table_id, place_id) - 1)::integer as equation
from kinds
""",
    """
create or replace temp table term as
with terms as (
    -- parts less the total, and the rest, are nothing
    select table_id, 'n' as equation_kind, family_id, 'n' as kind, slot_id as place_id, coefficient
    from summand
    union all
    select table_id, 'x', family_id, 'x', slot_id, coefficient from summand
    union all
    select table_id, 'n', family_id, 'rest', family_id, 1 from open_sum
    union all
    select table_id, 'x', family_id, 'rest_x', family_id, 1 from open_sum
    union all
    select table_id, 'y', place_id, unnest(['n', 'x', 'y']), place_id, unnest([1, -1, -1])
    from variable where kind = 'y'
    union all
    select table_id, 'rest_y', place_id, unnest(['rest', 'rest_x', 'rest_y']), place_id, unnest([1, -1, -1])
    from variable where kind = 'rest_y'
)
select equation.unit_id, equation.equation, variable.variable, terms.coefficient::double as coefficient
from terms
inner join equation
    on terms.table_id = equation.table_id
    and terms.equation_kind = equation.kind and terms.family_id = equation.place_id
inner join variable
    on terms.table_id = variable.table_id
    and terms.kind = variable.kind and terms.place_id = variable.place_id
order by equation.unit_id, equation, variable
""",
)


def write_truth(con: duckdb.DuckDBPyConnection, true_cells: str | None) -> None:
    """Make temp table `truth` of what is told: true numbers, none without `true_cells`."""
    if true_cells is None:
        con.execute(
            "create or replace temp table truth (table_id bigint, slot_id bigint, n bigint, x bigint)"
        )
    else:
        con.execute(_TRUTH.format(true_cells=true_cells))


def write_sums(con: duckdb.DuckDBPyConnection, published: str) -> None:
    """Make temp tables `variable`, `equation` and `term` of table `known`: A v = known, low <= v <= high.

    Where there is no truth any sum may have a rest, as far as what is shown allows.
    """
    con.execute(_HARMLESS)
    con.execute(_TOLD_BEFORE)
    told_by_counting(con, published)
    con.execute(_FAMILIES.format(published=published))
    for statement in (*_SUMS, _WIDER, _RESTS, _TRUE_RESTS, *_SYSTEM):
        con.execute(statement)
