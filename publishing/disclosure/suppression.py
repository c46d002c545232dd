"""The SQL of disclosure control: what both stages have hidden, as what may be shown of every cell."""

_RESULT = """
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
_SUPPRESSION = """
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
    denominator, rounded_to, numerator, value, value_low, value_high, value_kind, suppression,
    false as is_small, held_since, data_maturity, false as is_narrow, false as is_settled
from held_rows
"""
SUPPRESSION = (_RESULT, _SUPPRESSION)
