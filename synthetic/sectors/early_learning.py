"""Pre-K at three and four, and the readiness test of the first autumn in kindergarten."""

from __future__ import annotations

from synthetic.sectors.planted import happens

PREK, READINESS = "bright_start", "readiness_office"
CENTERS = ("BS-1", "BS-2", "BS-3", "BS-4", "BS-5")
TEST_DAY, READY = 35, 270  # a day of instruction; the score from which a child demonstrates readiness
APPROACHING = 258

PREK_FACTS = f"""
create or replace table fact_early_learning as
with children as (
    select child_here.*, is_poor, child * 10 + age as key
    from child_here inner join household_year using (family, school_year)
    where age in (3, 4) and grade is null
),
enrolled as (
    select *, cast(make_date(school_year - 1, 9, 4) + cast(case when chance(key, 'late') < 0.15 then
        whole(key, 'begins', 120)
        else 0 end as integer) as date) as start_date,
        cast(case when chance(key, 'leaves') < 0.07 then make_date(school_year, 2, 1) + cast(whole(key,
            'ends', 90)
            as integer) else make_date(school_year, 6, 6) end as date) as end_date
    from children
    where case age when 4 then {happens("in_prek_at_four", "key")} else {happens("in_prek_at_three", "key")}
        end
)
select '{PREK}' as partner_id, number_of(true_person_id, '{PREK}') as student_id, true_person_id,
    school_year, child,
    case age when 4 then 'PREK4' else 'PREK3' end as program_id,
    case when is_poor and chance(key, 'funded') < 0.4 then 'head_start' when chance(key, 'funded') < 0.75
        then 'public_prek'
        else 'private_prek' end as program_type,
    ['{"', '".join(CENTERS)}'][1 + whole(family, 'center', {len(CENTERS)})] as site_id, start_date, end_date,
    cast(date_diff('day', start_date, end_date) * 5 // 7 - 12 as bigint) as days_enrolled,
    cast(floor(days_enrolled * (0.80 + 0.19 * chance(key, 'there'))) as bigint) as days_attended,
    case when chance(key, 'hours') < 0.6 then 30 else 15 end as hours_per_week, is_poor as is_subsidized
from enrolled order by school_year, student_id, program_id
"""

# Who repeats kindergarten is not tested again.
READINESS_FACTS = f"""
create or replace table fact_readiness as
with beginners as (
    select child_year.child, child_year.school_year, is_economic_disadvantage as is_poor, is_english_learner,
        is_disability as has_disability, homeless_start <= {TEST_DAY} as is_homeless, first_row.school,
        before.child is not null as was_in_prek
    from child_year
    inner join (select child, min(school_year) as school_year from child_year where grade = 0 group by all)
        using (child,
        school_year)
    inner join (select child, school_year, min(school) as school from spell where start_day <= {TEST_DAY} and
        end_day
        > {TEST_DAY} group by all) as first_row using (child, school_year)
    left join (select child, school_year + 1 as school_year from fact_early_learning where program_id =
        'PREK4') as before
        using (child, school_year)
    where grade = 0 and chance(child, 'tested') < 0.95
),
scored as (
    select *, {happens("ready_for_kindergarten", "child")} as is_ready,
        cast(floor(abs(bell(child, 'distance')) * 13) as bigint) as distance
    from beginners
)
select '{READINESS}' as partner_id, child.state_student_id as student_id, child.true_person_id,
    scored.school_year,
    school.partner_id as district, school.school_id,
    days.date as test_date, cast(least(greatest(case when is_ready then {READY} + distance else {READY} - 1 -
        distance end,
        202), 298) as bigint) as overall, cast(overall - 6 + whole(child, 'language', 13) as bigint) as
            language_score,
    cast(overall - 6 + whole(child, 'mathematics', 13) as bigint) as mathematics,
    cast(overall - 6 + whole(child, 'social', 13) as bigint) as social, cast(overall - 6 + whole(child,
        'physical', 13) as
        bigint) as physical,
    case when overall >= {READY} then 'demonstrating_readiness' when overall >= {APPROACHING} then
        'approaching_readiness' else 'emerging_readiness' end
        as performance_level, is_ready, was_in_prek
from scored
inner join child using (child)
inner join school using (school)
inner join days on days.school_year = scored.school_year and days.day = {TEST_DAY}
order by scored.school_year, student_id
"""
TABLES = (PREK_FACTS, READINESS_FACTS)
PEOPLE = {PREK: "select true_person_id from fact_early_learning"}
