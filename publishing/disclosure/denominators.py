"""The SQL of the first stage of disclosure control: how many children a number may be shown to be of.

Its unit, of what is solved together, is a community's school year: cells are those of one problem of every
population, with bounds and needs, and sums between them.
"""

from publishing.disclosure.system import UNBOUNDED
from publishing.disclosure.widths import BAND_SIZE, DENOMINATOR_WIDTH, NUMERATOR_WIDTH, ORDER

# tables of nearly the same children then hide the same groups, where there is a choice
_BY_GROUP = "most desc, slot_id, is_looked_at_first desc"
# Numbers of which the one cannot be smaller than the other. Those that differ by more than `farthest` bind
# nothing, since no table that proves anything moves a number so far. need: how open must be by how much the
# one is larger, where that tells of few or of a small group; of how many data came (coverage) it says nothing
# of a child.
_COUPLED = f"""
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
where n between 0 and getvariable('farthest')
"""
# What the small groups of any indicator need, all of the same children hide.
_DENOMINATOR_RULES = f"""
create or replace temp table denominator_rule as
with opening as (
    -- the smallest of what is taken from a sum that was opened
    select distinct min_by(cell_id, (n, cell_id)) as cell_id
    from opened inner join member using (equation_id) inner join cell using (cell_id)
    where sign = -1
    group by equation_id
),
-- a result that was shown told how many another table counts, or nearly: what was hidden there is not that
results as (
    select
        counted_cell as cell_id, bool_or(tells_of_few) as tells_of_few,
        coalesce(bool_or(is_result_known), false) as is_known,
        coalesce(bool_or(was_shown), false) as was_shown
    from counted left join difference using (cell_id)
    group by 1
),
of_population as (
    select
        representative, slot_id,
        bool_or(coalesce(is_small, false)) as is_primary,
        bool_and(coalesce(was_hidden, false) and not coalesce(results.was_shown, false)) as was_hidden,
        bool_or(coalesce(difference.is_known, false) or coalesce(results.is_known, false)) as is_known,
        bool_or(coalesce(tells_of_few, false)) as tells_of_few,
        bool_or(opening.cell_id is not null) as opens
    from cell
    inner join population using (problem_id)
    left join difference using (cell_id)
    left join results using (cell_id)
    left join opening using (cell_id)
    group by representative, slot_id
)
select
    cell.cell_id, is_known,
    n < minimum or was_hidden or ((is_primary or opens or tells_of_few) and not is_known) as is_hidden,
    case
        when is_known then 0
        when n < minimum or is_primary or opens then {DENOMINATOR_WIDTH}
        when tells_of_few then {NUMERATOR_WIDTH}
        else 0
    end as need
from cell
inner join of_population
    on cell.problem_id = of_population.representative and cell.slot_id = of_population.slot_id
"""
_DENOMINATOR_CELLS = f"""
create or replace temp table stage_cell as
with solved as (
    select
        cell.*, denominator_rule.* exclude (cell_id), first_to_show, is_looked_at_first, n as counted,
        min(problem_id) over (partition by problem.community_id, problem.school_year) as unit_id,
        max(n) over (partition by problem.school_year, cell.slot_id) as most
    from cell
    inner join denominator_rule using (cell_id)
    inner join problem using (problem_id)
    inner join slot_rank using (slot_id)
    inner join (
        select representative, bool_or(is_looked_at_first) as is_looked_at_first from population group by 1
    ) as seen on cell.problem_id = seen.representative
),
units as (select distinct problem_id, unit_id from solved)
select
    unit_id, cell_id, problem_id as block, n as value,
    if(is_known, n, 1) as low, if(is_known, n, {UNBOUNDED}) as high,
    need, false as never_shown, is_hidden as hidden,
    {ORDER.format(first=_BY_GROUP)}
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
_DENOMINATOR_MEMBERS = """
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
_SAME_DENOMINATORS = """
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
_KNOWN_ALIKE = """
update stage_cell
set low = value, high = value, wide_low = value, wide_high = value, need = 0, hidden = false
where cell_id in (
    select unnest([stage_same.cell_id, same_id])
    from stage_same
    inner join stage_cell as known on known.cell_id in (stage_same.cell_id, same_id)
    where known.low = known.high and known.need = 0
)
"""
DENOMINATORS = (
    _COUPLED,
    _DENOMINATOR_RULES,
    _DENOMINATOR_CELLS,
    _DENOMINATOR_MEMBERS,
    _SAME_DENOMINATORS,
    _KNOWN_ALIKE,
)
