"""The SQL of disclosure control: the two stages, each as cells with bounds and needs, and sums between them.

unit = what is solved together: of denominators a community's school year, of numerators an indicator's. An
attacker of numerators is taken to know every denominator.
"""

from publishing.disclosure.moves import farthest_of
from publishing.disclosure.system import UNBOUNDED

# a numerator hidden for its own sake stays open by so many children, or by as many as there are
NUMERATOR_WIDTH = 2
# a small group stays open by half the minimum, rounded up
DENOMINATOR_WIDTH = "((minimum + 1) // 2)"

# a numerator, or what it leaves out, of at most so many children is shown as a band; n is the denominator
BAND_SIZE = "greatest(band_smallest, floor({n} * band_share))::bigint"

# tables of nearly the same children then hide the same groups, where there is a choice
_BY_GROUP = "most desc, slot_id, is_looked_at_first desc"
_ORDER = """
    row_number() over (
        partition by unit_id
        order by first_to_show, {first}, cell_id
    ) as show_order,
    (1 + ln(1 + counted)) * case first_to_show when 0 then 20 when 1 then 4 when 2 then 4 else 1 end
        * if(is_looked_at_first, 3, 1) as price,
"""

# Numbers of which the one cannot be smaller than the other. Those far apart bind nothing, since no table that
# proves anything moves a number so far. need: how open must be by how much the one is larger, where that
# tells of few or of a small group; of how many data came (coverage) it says nothing of a child.
COUPLED = f"""
create or replace temp table coupled as
with counts as (
    select
        population.representative as outer_id, counting.representative as inner_id,
        bool_and(counting.indicator_id in (select indicator_id from coverages)) as is_coverage
    from counting inner join population on counting.problem_id = population.problem_id
    group by all
),
differences as (
    -- whom another table counts are some of the children here
    select inner_id as problem_id, here.cell_id as larger, there.cell_id as smaller, here.n - there.n as n,
        not is_coverage
        and (here.n < here.minimum or here.n - there.n <= {BAND_SIZE.format(n="here.n")}) as tells_of_few,
        least({NUMERATOR_WIDTH}, here.n) as width
    from counts
    inner join cell as here on outer_id = here.problem_id
    inner join cell as there on inner_id = there.problem_id and here.slot_id = there.slot_id
    inner join problem on inner_id = problem.problem_id
    inner join rules using (community_id)
    union all
    -- nor can fewer be of unknown group
    select inner_id, -here.equation_id, -there.equation_id, here.residual_n - there.residual_n, false, 0
    from counts
    inner join equation as here on outer_id = here.problem_id
    inner join equation as there on inner_id = there.problem_id and here.family_id = there.family_id
    where there.residual_n > 0 and here.kind = 'split'
    union all
    -- of a group no more than of all, where it is not told how many of all are
    select problem_id, -wider_id, -equation_id, wider_n - residual_n, false, 0
    from wider_equation
    where not is_told and residual_n > 0
)
select
    (select coalesce(max(equation_id), 0) from equation)
    + row_number() over (order by larger, smaller) as equation_id,
    * exclude (tells_of_few, width), if(tells_of_few, width, 0) as need
from differences
where n between 0 and {{far}}
"""
DENOMINATOR_CELLS = f"""
create or replace temp table stage_cell as
with solved as (
    select
        cell.*, min(problem_id) over (partition by problem.community_id, problem.school_year) as unit_id,
        of_population.* exclude (representative, slot_id), first_to_show, is_looked_at_first, n as counted,
        max(n) over (partition by problem.school_year, cell.slot_id) as most
    from cell
    inner join problem using (problem_id)
    inner join slot_rank using (slot_id)
    inner join (
        select
            representative, slot_id, bool_or(coalesce(is_small, false)) as is_primary,
            bool_and(coalesce(was_hidden, false)) as was_hidden,
            bool_or(coalesce(is_known, false)) as is_known,
            bool_or(coalesce(tells_of_few, false)) as tells_of_few,
            bool_or(cell_id in (
                select min_by(cell_id, n) from opened inner join member using (equation_id)
                inner join cell using (cell_id) where sign = -1 group by equation_id
            )) as opens
        from cell
        inner join population using (problem_id)
        left join difference using (cell_id)
        left join (
            select counted_cell as cell_id, bool_or(tells_of_few) as tells_of_few from counted group by 1
        ) using (cell_id)
        group by representative, cell.slot_id
    ) as of_population
        on cell.problem_id = of_population.representative and cell.slot_id = of_population.slot_id
    inner join (
        select representative, bool_or(is_looked_at_first) as is_looked_at_first from population group by 1
    ) as seen on cell.problem_id = seen.representative
),
units as (select distinct problem_id, unit_id from solved)
select
    unit_id, cell_id, problem_id as block, n as value,
    if(is_known, n, 1) as low, if(is_known, n, {UNBOUNDED}) as high,
    case
        when is_known then 0
        when n < minimum or is_primary or opens then {DENOMINATOR_WIDTH}
        when tells_of_few then {NUMERATOR_WIDTH}
        else 0
    end as need,
    false as never_shown,
    n < minimum or was_hidden or ((is_primary or opens or tells_of_few) and not is_known) as hidden,
    {_ORDER.format(first=_BY_GROUP)}
    low as wide_low, high as wide_high
from solved
union all
select
    unit_id, -equation_id, problem_id, residual_n, 0, greatest(coalesce(cap, {UNBOUNDED}), residual_n),
    -- how many are of no known group may be told, but not how few are in the wider of two groups alone
    if(kind = 'inside' and residual_n between 1 and minimum - 1, {DENOMINATOR_WIDTH}, 0),
    true, true, 0, 0, 0, {UNBOUNDED}
from equation inner join units using (problem_id) left join beyond_at_most using (equation_id)
where residual_n > 0 or kind = 'inside'
union all
select
    unit_id, -equation_id, problem_id, n, 0, {UNBOUNDED}, need, true, true, 0, 0, 0, {UNBOUNDED}
from coupled inner join units using (problem_id)
"""
DENOMINATOR_MEMBERS = """
create or replace temp table stage_member as
select unit_id, equation_id, cell_id, sign
from member semi join population on member.problem_id = population.representative
inner join (select distinct block as problem_id, unit_id from stage_cell) using (problem_id)
union all
select unit_id, equation_id, side.cell_id, side.sign
from coupled
inner join (select distinct block as problem_id, unit_id from stage_cell) using (problem_id)
cross join lateral (values (larger, 1), (smaller, -1), (-equation_id, -1)) as side (cell_id, sign)
"""
# Two tables that agree in every group of a disaggregate at a place, and in how many are there: whoever sees a
# number in the one knows it in the other (decision 0026). A small group is seen in neither.
SAME_DENOMINATORS = """
create or replace temp table stage_same as
with placed as (
    select
        cell_id, problem_id, school_year, slot_id, place_id, disaggregate, n, n < minimum as is_small,
        max(n) filter (disaggregate = 'all') over (partition by problem_id, place_id) as n_of_place,
        count(*) over (partition by problem_id, place_id, disaggregate) as n_groups
    from cell
    inner join problem using (problem_id)
    inner join slot using (slot_id)
    where problem_id in (select representative from population)
),
alike as (
    select one.cell_id, other.cell_id as same_id, one.is_small
    from placed as one
    inner join placed as other using (school_year, slot_id, n, n_groups)
    where one.problem_id < other.problem_id and one.n_of_place is not distinct from other.n_of_place
    qualify one.n_groups = count(*) over (
        partition by one.problem_id, other.problem_id, one.place_id, one.disaggregate
    )
)
select cell_id, same_id from alike where not is_small
"""
# a number that an earlier release showed in one of them is known in all
KNOWN_ALIKE = """
update stage_cell
set low = value, high = value, wide_low = value, wide_high = value, need = 0, hidden = false
where cell_id in (
    select unnest([stage_same.cell_id, same_id])
    from stage_same
    inner join stage_cell as known on known.cell_id in (stage_same.cell_id, same_id)
    where known.low = known.high and known.need = 0
)
"""
NO_SAME_NUMERATORS = "create or replace temp table stage_same (cell_id bigint, same_id bigint)"
# Every problem has what its population hides.
HIDDEN_DENOMINATORS = """
create or replace temp table hidden_denominator as
select cell.cell_id, solved.tables, solved.is_narrow
from stage_result as solved
inner join cell as chosen using (cell_id)
inner join population on chosen.problem_id = population.representative
inner join cell on cell.problem_id = population.problem_id and cell.slot_id = chosen.slot_id
where solved.is_hidden
"""

NUMERATOR_RULES = f"""
create or replace temp table numerator_rule as
select
    cell.cell_id, {BAND_SIZE.format(n="n")} as band_size,
    least(x, n - x) <= band_size as is_extreme, x <= n - x as is_low,
    n <= 2 * band_size or hidden_denominator.cell_id is not null
        or (is_extreme and (not shows_bands or coalesce(was_hidden, false)))
        or coalesce(is_small or is_telling, false)
        -- where another table hides how many they are, a band would tell it nearly
        or counting.cell_id is not null as is_hidden,
    is_extreme and not is_hidden as is_coded,
    -- another table shows it, or has no row, for nobody is there; or it is as it was shown before
    (counted.cell_id is not null and counting.cell_id is null) or coalesce(is_result_known, false) as is_told,
    -- proved open as that table's number of children, or hidden there beside others alone; or hidden for its
    -- denominator, which is that of many, and far from none and all of them
    if(
        counted.cell_id is not null, not tells_of_few,
        n >= minimum and not is_extreme and not coalesce(is_small or is_telling, false)
    ) as is_settled
from cell
inner join problem using (problem_id)
inner join rules using (community_id)
left join hidden_denominator using (cell_id)
left join difference using (cell_id)
left join counted using (cell_id)
left join hidden_denominator as counting on counted.counted_cell = counting.cell_id
"""
# Two versions or collections of an indicator, one inside the other at a level also by those it is true for.
COUPLED_NUMERATORS = f"""
create or replace temp table coupled_numerators as
with placed as (
    select cell.*, population.representative, problem.community_id, indicator_id, school_year, geography_level
    from cell inner join problem using (problem_id) inner join population using (problem_id)
    inner join slot using (slot_id)
),
pairs as (
    select
        inside.problem_id as inner_id, outside.problem_id as outer_id, geography_level, inside.slot_id,
        inside.community_id, inside.minimum,
        outside.cell_id as outer_cell, inside.cell_id as inner_cell,
        outside.n - inside.n as n, outside.x - inside.x as x
    from placed as inside
    inner join placed as outside using (community_id, indicator_id, school_year, geography_level, slot_id)
    left join nested
        on inside.representative = nested.inner_id and outside.representative = nested.outer_id
        and nested.geography_level = inside.geography_level
    where
        -- those the outer one is true for are all whom the inner one counts
        (outside.problem_id, inside.representative) not in (select (problem_id, representative) from counting)
        and (nested.inner_id is not null
        or (inside.representative = outside.representative and inside.problem_id < outside.problem_id))
    qualify bool_and(outside.x - inside.x between 0 and outside.n - inside.n) over (
        partition by inside.problem_id, outside.problem_id, geography_level
    )
)
select
    (select coalesce(max(equation_id), 0) from equation)
    + row_number() over (order by outer_cell, inner_cell) as equation_id,
    pairs.*,
    n > 0 and (n < minimum or least(x, n - x) <= {BAND_SIZE.format(n="n")}) as is_telling
from pairs inner join rules using (community_id)
where least(x, n - x) <= {2 * farthest_of(NUMERATOR_WIDTH)}
"""
NUMERATOR_CELLS = f"""
create or replace temp table stage_cell as
with solved as (
    select
        cell.*, min(problem_id) over (
            partition by problem.community_id, problem.school_year, problem.indicator_id
        ) as unit_id,
        numerator_rule.* exclude (cell_id), first_to_show, is_looked_at_first, n as counted,
        coalesce(was_hidden, false) as was_hidden
    from cell
    inner join problem using (problem_id)
    inner join numerator_rule using (cell_id)
    inner join population using (problem_id)
    inner join slot_rank using (slot_id)
    left join difference using (cell_id)
),
units as (select distinct problem_id, unit_id from solved),
rests as (
    select unit_id, equation_id, problem_id, residual_n as n, residual_x as x,
        (
            residual_n < equation.minimum
            or least(residual_x, residual_n - residual_x) <= {BAND_SIZE.format(n="residual_n")}
        )
        -- of those that another table counts, it tells how many are of no known group
        and problem_id not in (select problem_id from counting) as is_telling
    from equation
    inner join units using (problem_id)
    inner join problem using (problem_id)
    inner join rules using (community_id)
    where residual_n > 0
    union all
    select unit_id, equation_id, inner_id, n, x, is_telling and not (inside.is_told and outside.is_told)
    from coupled_numerators inner join units on coupled_numerators.inner_id = units.problem_id
    inner join numerator_rule as inside on coupled_numerators.inner_cell = inside.cell_id
    inner join numerator_rule as outside on coupled_numerators.outer_cell = outside.cell_id
    where n > 0
)
select
    unit_id, cell_id, problem_id as block, x as value,
    case when is_told then x when is_coded and not is_low then n - band_size else 0 end as low,
    case when is_told then x when is_coded and is_low then band_size else n end as high,
    if((is_hidden or is_coded) and not (is_told or is_settled), least({NUMERATOR_WIDTH}, n), 0) as need,
    false as never_shown, is_hidden or is_coded or was_hidden as hidden,
    {_ORDER.format(first="is_looked_at_first desc, -counted")}
    if(is_told, x, 0) as wide_low, if(is_told, x, n) as wide_high
from solved
union all
select
    unit_id, -equation_id, problem_id, x, 0, n,
    if(is_telling, least({NUMERATOR_WIDTH}, n), 0), true, true, 0, 0, 0, n
from rests
"""
NUMERATOR_MEMBERS = """
create or replace temp table stage_member as
select unit_id, equation_id, cell_id, sign
from member
inner join (select distinct block as problem_id, unit_id from stage_cell) using (problem_id)
union all
select unit_id, equation_id, side.cell_id, side.sign
from coupled_numerators as coupled
inner join (select distinct block as problem_id, unit_id from stage_cell) as units
    on coupled.inner_id = units.problem_id
cross join lateral (
    values (outer_cell, 1), (inner_cell, -1), (if(n > 0, -equation_id, null), -1)
) as side (cell_id, sign)
where side.cell_id is not null
"""
RESULT = """
create or replace temp table protected as
select
    cell.*,
    case
        when not coalesce(solved.is_hidden, false) then ''
        when not rule.is_coded or solved.gave_way then 'suppressed'
        when rule.is_low then 'coded_low'
        else 'coded_high'
    end as suppression,
    ceil(100.0 * rule.band_size / n) / 100 as band_share,
    denominators.tables as denominator_tables, solved.tables as numerator_tables,
    coalesce(denominators.is_narrow, false) or coalesce(solved.is_narrow, false) as is_narrow,
    rule.is_told or rule.is_settled as is_settled
from cell
inner join numerator_rule as rule using (cell_id)
left join stage_result as solved using (cell_id)
left join hidden_denominator as denominators using (cell_id)
"""

SUPPRESSION = """
create or replace temp table cell_suppression as
select
    problem.* exclude (problem_id), geography_level, geography_id, disaggregate, subgroup,
    n as denominator, x as numerator, suppression,
    case suppression when 'coded_low' then 0.0::double when 'coded_high' then round(1 - band_share, 2) end
        as band_low,
    case suppression when 'coded_low' then band_share when 'coded_high' then 1.0::double end as band_high,
    suppression = 'suppressed' and n < minimum as is_small,
    null::varchar as held_since, null::varchar as data_maturity,
    denominator_tables, numerator_tables, is_narrow, is_settled
from protected inner join problem using (problem_id) inner join slot using (slot_id)
union all by name
select
    community_id, indicator_id, definition_version, school_year, collection,
    geography_level, geography_id, disaggregate, subgroup,
    denominator, numerator, suppression, band_low, band_high,
    false as is_small, held_since, data_maturity, false as is_narrow, false as is_settled
from held_rows
"""
