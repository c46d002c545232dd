"""The SQL of the second stage of disclosure control: of how many children something may be shown to be true.

Its unit, of what is solved together, is an indicator's school year. An attacker is taken to know every
denominator.
"""

from publishing.disclosure.moves import farthest_of
from publishing.disclosure.widths import BAND_SIZE, NUMERATOR_WIDTH, ORDER

# Every problem has what its population hides.
_HIDDEN_DENOMINATORS = """
create or replace temp table hidden_denominator as
select cell.cell_id, solved.tables, solved.is_narrow
from stage_result as solved
inner join cell as chosen using (cell_id)
inner join population on chosen.problem_id = population.representative
inner join cell on cell.problem_id = population.problem_id and cell.slot_id = chosen.slot_id
where solved.is_hidden
"""
_NUMERATOR_RULES = f"""
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
_COUPLED_NUMERATORS = f"""
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
_NUMERATOR_CELLS = f"""
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
    {ORDER.format(first="is_looked_at_first desc, -counted")}
    if(is_told, x, 0) as wide_low, if(is_told, x, n) as wide_high
from solved
union all
select
    unit_id, -equation_id, problem_id, x, 0, n,
    if(is_telling, least({NUMERATOR_WIDTH}, n), 0), true, true, 0, 0, 0, n
from rests
"""
_NUMERATOR_MEMBERS = """
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
_NO_SAME_NUMERATORS = "create or replace temp table stage_same (cell_id bigint, same_id bigint)"
NUMERATORS = (
    _HIDDEN_DENOMINATORS,
    _NUMERATOR_RULES,
    _COUPLED_NUMERATORS,
    _NUMERATOR_CELLS,
    _NUMERATOR_MEMBERS,
    _NO_SAME_NUMERATORS,
)
