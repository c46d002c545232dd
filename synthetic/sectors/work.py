"""Wages of graduates, quarter by quarter, as a state agency keeps them, and degrees of colleges."""

from __future__ import annotations

from synthetic.college import COLLEGES
from synthetic.sectors.planted import happens

WAGES = "wage_records"
INDUSTRIES = ("722511", "445110", "621610", "493110", "238220", "561320")

EMPLOYMENT = f"""
create or replace table fact_employment as
with years as (select max(school_year) as last_year from days),
quarters as (
    select child, graduation_year, number, cast(make_date(graduation_year, 7, 1) + to_months(cast(3 * number
        as integer))
        as date) as begins, school_year_of(begins) as school_year, child * 64 + number as key
    from graduate, range(24) as quarters (number), years
    where school_year_of(make_date(graduation_year, 7, 1) + to_months(cast(3 * number as integer))) <=
        last_year
),
placed as (
    select quarters.*, coalesce(college >= 0, false) as is_in_college, number // 4 as years_out
    from quarters left join career using (child, school_year)
)
select '{WAGES}' as partner_id, state_student_id as student_id, true_person_id, school_year,
    'E' || lpad(cast(whole(child * 8 + years_out, 'employer', 400) as varchar), 4, '0') as employer_id,
    ['{"', '".join(INDUSTRIES)}'][1 + whole(child * 8 + years_out, 'employer', 400) % {len(INDUSTRIES)}] as
        industry_code,
    cast(year(begins) as bigint) as wage_year, cast(quarter(begins) as bigint) as wage_quarter,
    cast(greatest(300, case when is_in_college then 2600 else 6200 end * (1 + 0.06 * years_out)
        * (0.55 + 0.9 * chance(key, 'wages'))) as decimal(18, 2)) as wages, 'ST' as work_state
from placed inner join child using (child)
where {happens("employed_in_a_quarter", "key")}
order by school_year, student_id, wage_year, wage_quarter
"""

COLLEGE_CODES = ", ".join(f"'{college[0]}'" for college in COLLEGES)
AWARD = f"""
create or replace table fact_postsecondary_award as
select 'college_tracker' as partner_id, state_student_id as student_id, true_person_id, school_year,
    [{COLLEGE_CODES}][degree_college + 1] as college_code, make_date(school_year, 5, 15) as award_date
from career inner join child using (child) where degree_college >= 0
order by school_year, student_id
"""
TABLES = (EMPLOYMENT, AWARD)
