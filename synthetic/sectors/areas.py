"""Numbers about areas: an estimate with its margin of error by tract, a report card with hidden cells."""

from __future__ import annotations

CENSUS, STATE = "census_bureau", "state_education"
MINIMUM = 10  # the state hides what is about fewer

# Three- and four-year-olds by tract, in and out of school; an estimate is off by sampling, and zero has a
# margin too.
ACS = """
create or replace table acs_estimate as
with tracts as (select distinct tract_id from household_year),
counted as (
    select tract_id, school_year, count(child) as children, count(child) filter (is_in_school) as in_school
    from tracts
    left join (
        select tract_id, child_here.school_year, child_here.child, prek.child is not null as is_in_school
        from child_here inner join household_year using (family, school_year)
        left join (select distinct child, school_year from fact_early_learning) as prek using (child,
            school_year)
        where age in (3, 4) and grade is null
    ) using (tract_id)
    where school_year is not null
    group by all
)
select tract_id, school_year, greatest(0, children + whole(key, 'children', 7) - 3) as children, 8 +
    whole(key, 'margin', 20) as
        children_margin,
    least(greatest(0, in_school + whole(key, 'in school', 5) - 2), children) as in_school, 6 + whole(key,
        'margin in school', 15)
        as in_school_margin
from (select *, cast(tract_id as bigint) * 100 + school_year % 100 as key from counted)
order by school_year, tract_id
"""

# Third graders proficient in reading, by school and poverty.
REPORT_CARD = f"""
create or replace table report_card as
with tested as (
    select school.partner_id, school_id, school_name, score.school_year, reading_proficient,
        unnest(['All Students', case when is_economic_disadvantage then 'Economically Disadvantaged'
            else 'Not Economically Disadvantaged' end]) as student_group
    from state_score as score
    inner join school on school.school = score.school
    inner join child_year on child_year.child = score.child and child_year.school_year = score.school_year
    where score.grade = 3
)
select school_year, partner_id || ':' || school_id as area_id, school_name as area_name, student_group,
    count(*) as
    denominator, count(*) filter (reading_proficient) as numerator, denominator < {MINIMUM} as is_suppressed
from tested group by all order by school_year, area_id, student_group
"""
TABLES = (ACS, REPORT_CARD)
