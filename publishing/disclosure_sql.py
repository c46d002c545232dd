"""The SQL of disclosure control: what is hidden of the cells, and what with it."""

# a numerator or its complement at or under this is shown as a band only; n is the denominator
BAND_SIZE = "greatest(4, {n} // 20)"
# a numerator hidden for its own sake must stay open by at least this many children, one hidden for the sake
# of others by one: whether 499 or 500 of 550 tells nothing of a child, a number worked out would
NUMERATOR_WIDTH = 2
COMPLEMENTARY_WIDTH = 1
UNBOUNDED = 1_000_000_000

_BAND = BAND_SIZE.format(n="n")
_BAND_OF_REST = BAND_SIZE.format(n="residual_n")


# ---- the two stages --------------------------------------------------------------------------------------
# unknown = every number an attacker does not have, with the range he can know of it; need = how many children
# wide it must stay open.
# First the denominators, once per population: indicators and versions that count the same children share it.
# Those that count nearly the same ones at a place (without short stays, or those of the winter) can be
# subtracted from each other: twin = a number that another one, of the same subgroup, place and year, would
# narrow under the minimum. If one of the two is hidden, so is the other.
DENOMINATORS = (
    """
create temp table population as
select
    problem_id,
    min(problem_id) over (partition by school_year, counted, fingerprint_1, fingerprint_2) as representative
from (
    select
        problem_id, count(*) as counted,
        bit_xor(hash(slot_id, n)) as fingerprint_1, sum(hash(n, slot_id)::hugeint) as fingerprint_2
    from cell group by problem_id
) inner join problem using (problem_id)
""",
    f"""
create or replace temp table candidate as
select
    cell_id, problem_id, n, n as value, 1 as full_low, {UNBOUNDED} as full_high, minimum, minimum - 1 as need
from cell
where problem_id in (select representative from population)
""",
    f"""
create or replace temp table unknown as
select cell_id, value, full_low as low, full_high as high, minimum - 1 as need, 'primary' as reason
from candidate where n < minimum
union all
select -equation_id, residual_n, 0, {UNBOUNDED}, if(residual_n < minimum, minimum - 1, 0), 'residual'
from equation where residual_n > 0 and problem_id in (select representative from population)
""",
)

TWINS = (
    """
create temp table twin as
with placed as (
    select
        cell.cell_id, cell.problem_id, cell.slot_id, problem.school_year, cell.n, cell.minimum,
        (slot.community_id, slot.geography_level, slot.geography_id) as place,
        max(cell.n) filter (slot.disaggregate = 'all') over (
            partition by cell.problem_id, slot.community_id, slot.geography_level, slot.geography_id
        ) as n_of_place
    from cell
    inner join problem using (problem_id)
    inner join slot using (slot_id)
    where problem_id in (select representative from population)
)
select cell_id, twin_id
from (
    select
        one.cell_id, other.cell_id as twin_id,
        -- two more for children who left and others who came
        abs(one.n - other.n) <= greatest(abs(one.n_of_place - other.n_of_place), 2) as is_twin,
        -- other children, only as many, differ more in some subgroup
        max(abs(one.n - other.n)) over (partition by one.problem_id, other.problem_id, one.place)
        < greatest(one.minimum - 1, one.n_of_place // 100) as are_same_children
    from placed as one inner join placed as other using (slot_id, school_year)
    where one.problem_id <> other.problem_id and abs(one.n_of_place - other.n_of_place) < one.minimum - 1
)
where is_twin and are_same_children
""",
)
# What is to be hidden takes its twins with it, theirs and so on; what is hidden already stays out.
TWINS_OF_NEW = """
create or replace temp table newly as
with recursive spread as (
    select cell_id from newly
    union
    select twin.twin_id from spread inner join twin using (cell_id)
)
select cell_id from spread
where cell_id not in (select cell_id from unknown where reason <> 'coded')
"""
HIDE_NEW = (
    "delete from unknown where cell_id in (select cell_id from newly)",
    """
insert into unknown
select cell_id, value, full_low, full_high, need, 'complementary'
from candidate semi join newly using (cell_id)
""",
)

# Then the numerators of every indicator, against an attacker who knows every denominator.
NUMERATORS = (
    """
create temp table hidden_denominator as
select cell.cell_id
from unknown
inner join cell as solved using (cell_id)
inner join population on solved.problem_id = population.representative
inner join cell on cell.problem_id = population.problem_id and cell.slot_id = solved.slot_id
""",
    f"""
create temp table coded as
select
    cell_id, x <= n - x as is_low, {_BAND} as band_size,
    if(is_low, 0, n - band_size) as low, if(is_low, band_size, n) as high
from cell anti join hidden_denominator using (cell_id)
where least(x, n - x) <= {_BAND} and n > 2 * {_BAND}
""",
    f"""
create or replace temp table candidate as
select
    cell_id, problem_id, n, x as value, 0 as full_low, n as full_high, {COMPLEMENTARY_WIDTH} as need
from cell
""",
    f"""
create or replace temp table unknown as
select
    cell_id, x as value, 0 as low, n as high,
    if(n < minimum or n <= 2 * {_BAND}, {NUMERATOR_WIDTH}, {COMPLEMENTARY_WIDTH}) as need, 'hidden' as reason
from cell where n <= 2 * {_BAND} or cell_id in (from hidden_denominator)
union all
select cell_id, x, low, high, {NUMERATOR_WIDTH}, 'coded' from cell inner join coded using (cell_id)
union all
select
    -equation_id, residual_x, 0, residual_n,
    if(
        residual_n < minimum or least(residual_x, residual_n - residual_x) <= {_BAND_OF_REST},
        {NUMERATOR_WIDTH}, 0
    ),
    'residual'
from equation where residual_n > 0
""",
)

# In one sum, a number of range r is left open by min(r, slack_low, slack_high, ranges of the other unknowns),
# since it can rise only as far as the others can fall. The others matter for the widest range alone: any
# other number has the widest beside it. Only equations that changed are looked at again.
FAILING = """
create or replace temp table failing as
with touched as (
    select distinct equation_id from member semi join newly using (cell_id)
),
tallies as (
    select
        equation_id,
        max(least(need, high - low)) as largest_need,
        least(max_by(need, high - low), max(high - low)) as need_of_widest,
        sum(high - low) - max(high - low) as others,
        sum(if(is_parent, high - value, value - low)) as slack_low,
        sum(if(is_parent, value - low, high - value)) as slack_high
    from member
    semi join touched using (equation_id)
    inner join unknown using (cell_id)
    group by equation_id
)
select equation_id
from tallies
where least(slack_low, slack_high) < largest_need or others < need_of_widest
"""
# Which number to hide beside those of a failing sum: a part before the total, anything before that of all
# children, at which a reader looks first, a number whose other sums have something hidden already before one
# that would make new sums fail, a shown one before one that still shows a band, the smallest.
CHOSEN = """
create or replace temp table newly as
with open_cells as (
    select
        member.equation_id, member.cell_id, member.is_parent, member.n,
        unknown.cell_id is not null as is_coded
    from member
    semi join failing using (equation_id)
    left join unknown using (cell_id)
    where unknown.cell_id is null or unknown.reason = 'coded'
),
untouched as (
    select cell_id, count(*) filter (n_unknown = 0) as n_untouched
    from (
        select member.equation_id, count(unknown.cell_id) as n_unknown
        from member
        semi join (
            select distinct equation_id from member semi join open_cells using (cell_id)
        ) as sums using (equation_id)
        left join unknown using (cell_id)
        group by member.equation_id
    ) inner join member using (equation_id)
    group by cell_id
)
select distinct cell_id from (
    select
        min_by(
            open_cells.cell_id,
            (is_parent, slot.disaggregate = 'all', n_untouched, is_coded, open_cells.n, open_cells.cell_id)
        ) as cell_id
    from open_cells
    inner join untouched using (cell_id)
    inner join cell using (cell_id)
    inner join slot using (slot_id)
    group by equation_id
)
"""
RESULT = """
create temp table protected as
select
    cell.*,
    case
        when unknown.cell_id is null then ''
        when unknown.reason <> 'coded' then 'suppressed'
        when coded.is_low then 'coded_low'
        else 'coded_high'
    end as suppression,
    ceil(100.0 * coded.band_size / n) / 100 as band_share
from cell left join unknown using (cell_id) left join coded using (cell_id);
create temp table cell_suppression as
select
    problem.* exclude (problem_id), geography_level, geography_id, disaggregate, subgroup,
    n as denominator, x as numerator, suppression,
    case suppression when 'coded_low' then 0.0::double when 'coded_high' then round(1 - band_share, 2) end
        as band_low,
    case suppression when 'coded_low' then band_share when 'coded_high' then 1.0::double end as band_high
from protected inner join problem using (problem_id) inner join slot using (slot_id)
"""
