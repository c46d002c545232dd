"""The SQL of disclosure control: numbers of a restated year beside those that earlier releases showed."""

from publishing.disclosure.widths import BAND_SIZE, NUMERATOR_WIDTH

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
