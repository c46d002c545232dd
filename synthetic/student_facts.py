"""Facts of children and schools: persons, statuses, schools, enrolments and attendance."""

from __future__ import annotations

from synthetic.schooling import EXIT_CODES


def words(words: tuple[str, ...], index: str) -> str:
    """SQL for the word at a zero-based index; an empty word is NULL."""
    quoted = ", ".join(f"'{word}'" for word in words)
    return f"nullif([{quoted}][{index} + 1], '')"


GRADE = "case when grade = 0 then 'k' else lpad(cast(grade as varchar), 2, '0') end"

# Who is known to a partner at a collection: children with a spell that began before the cut.
STUDENTS = """
create or replace table student as
select
    school.partner_id,
    collections.school_year,
    collections.collection,
    any_value(collections.cut) as cut,
    spell.child,
    bool_and(spell.is_single) as is_single,
    any_value(case when school.partner_id = 'river_city_schools' then child.local_ids[1] else
        child.local_ids[2] end)
        as student_id
from spell
inner join school on school.school = spell.school
inner join collections on collections.school_year = spell.school_year and spell.start_day < collections.cut
inner join child on child.child = spell.child
group by all
"""

PERSON = """
select
    student.partner_id || '.person' as extract_id,
    student.partner_id,
    student.school_year,
    student.collection,
    student.child as source_id,
    child.true_person_id,
    student.is_single,
    student.student_id,
    child.true_person_id as state_student_id,
    child.first_name,
    child.middle_name,
    child.last_name,
    child.birth_date,
    child.gender,
    nullif(child.races, '') as race_ethnicity,
    child.hispanic_ethnicity,
    child.home_language,
    (100 + (child.family * 37 + child_year.moves * 101) % 8900) || ' ' || streets.word || ' '
        || ['St', 'Ave', 'Rd', 'Ct'][child.family % 4 + 1] as address,
    case when student.partner_id = 'river_city_schools' then '551' || lpad(cast(child.family % 6 + 1 as
        varchar), 2, '0')
        else '552' || lpad(cast(child.family % 3 + 1 as varchar), 2, '0') end as zip_code,
    case when student.partner_id = 'river_city_schools'
        then '99001' || lpad(cast(100 + (child.family + 7 * child_year.moves) % 30 as varchar), 6, '0') end
            as tract_id
from student
inner join child on child.child = student.child
inner join child_year on child_year.child = student.child and child_year.school_year = student.school_year
inner join streets
    on streets.number = (child.family * 13 + child_year.moves * 29) % (select count(*) from streets)
"""

# The other partners know children by their state id; the tracker has one row a year that names each graduate.
PERSON_ELSEWHERE = """
select
    partner_id || '.person', partner_id, seen.school_year, 'annual', seen.source_id, child.true_person_id,
    seen.is_single, child.true_person_id, child.true_person_id, child.first_name, child.middle_name,
        child.last_name,
    case when partner_id = 'admissions_test' then child.birth_date end, null, null, null, null, null, null,
        null
from (
    select 'college_tracker' as partner_id, school_year, child, true as is_single,
        case when college >= 0 then child * 2 else child * 2 + 2000000000 end as source_id
    from career
    union all
    select 'admissions_test', school_year, child, is_single, source_id from admissions_score
) as seen
inner join child on child.child = seen.child
"""

# River City: a row per child without dates. Lakeshore: the year's programs from 1 July, homeless episodes.
STUDENT_STATUS = """
with known as (
    select student.*, child.true_person_id, child_year.* exclude (child, school_year)
    from student
    inner join child on child.child = student.child
    inner join child_year on child_year.child = student.child and child_year.school_year = student.school_year
)
select
    partner_id || '.student_status' as extract_id, partner_id, school_year, collection, child as source_id,
    true_person_id, is_single, student_id,
    cast(null as date) as status_start_date, cast(null as date) as status_end_date,
    is_economic_disadvantage as is_economically_disadvantaged, is_english_learner, is_disability as
        has_disability,
    homeless_start < cut as is_homeless, is_foster_care as is_in_foster_care, is_migrant,
    case when school_year >= 2022 then is_military end as is_military_connected
from known
where partner_id = 'river_city_schools'
union all
select
    partner_id || '.student_status', partner_id, school_year, collection, 2 * child, true_person_id,
        is_single,
    student_id, make_date(school_year - 1, 7, 1), null,
    is_economic_disadvantage, is_english_learner, is_disability, false, is_foster_care, is_migrant, null
from known
where partner_id = 'lakeshore_unified'
union all
select
    partner_id || '.student_status', partner_id, known.school_year, collection, 2 * child + 1, true_person_id,
    is_single, student_id, start_day.date, case when homeless_end < cut then end_day.date end,
    is_economic_disadvantage, is_english_learner, is_disability, true, is_foster_care, is_migrant, null
from known
inner join days as start_day on start_day.school_year = known.school_year and start_day.day = homeless_start
left join days as end_day on end_day.school_year = known.school_year and end_day.day = homeless_end
where partner_id = 'lakeshore_unified' and homeless_start < cut
"""

SCHOOL = """
select
    school.partner_id || '.school' as extract_id, school.partner_id, collections.school_year,
        collections.collection,
    school.school as source_id, cast(null as varchar) as true_person_id, true as is_single,
    school.* exclude (school, partner_id)
from school
inner join collections on collections.collection = 'annual'
"""

# An exit without a code is no exit: the child is still there on the last day.
ENROLLMENT = f"""
select
    school.partner_id || '.enrollment' as extract_id, school.partner_id, spell.school_year,
        collections.collection,
    spell.source_id, child.true_person_id, spell.is_single,
    case when school.partner_id = 'river_city_schools' then child.local_ids[1] else child.local_ids[2] end as
        student_id,
    school.school_id,
    {GRADE} as grade_level,
    first_day.date as entry_date,
    case when exited then last_day.date end as exit_date,
    case when exited then {words(EXIT_CODES, "exit_code")} end as exit_code
from (
    select spell.*, collections.collection, collections.cut,
        exit_code > 0 and end_day <= collections.cut and (end_day < 180 or collections.cut = 180) as exited
    from spell
    inner join collections on collections.school_year = spell.school_year and spell.start_day <
        collections.cut
) as spell
inner join collections
    on collections.school_year = spell.school_year and collections.collection = spell.collection
inner join school on school.school = spell.school
inner join child on child.child = spell.child
inner join child_year on child_year.child = spell.child and child_year.school_year = spell.school_year
inner join days as first_day on first_day.school_year = spell.school_year and first_day.day = spell.start_day
inner join days as last_day on last_day.school_year = spell.school_year and last_day.day = spell.end_day - 1
"""

ATTENDANCE = """
with spell_days as (
    select spell.child, spell.school, spell.school_year, spell.is_single, collections.collection,
        case collections.collection when 'fall' then days_fall when 'winter' then days_winter
            when 'spring' then days_spring else days_annual end as days_enrolled,
        case collections.collection when 'fall' then absent_fall when 'winter' then absent_winter
            when 'spring' then absent_spring else absent_annual end as days_absent
    from spell
    inner join collections on collections.school_year = spell.school_year and spell.start_day <
        collections.cut
)
select
    school.partner_id || '.attendance' as extract_id, school.partner_id, spell_days.school_year, collection,
    spell_days.child * 100 + spell_days.school as source_id, child.true_person_id,
    bool_and(spell_days.is_single) as is_single,
    case when school.partner_id = 'river_city_schools' then child.local_ids[1] else child.local_ids[2] end as
        student_id,
    school.school_id,
    cast(sum(days_enrolled) as decimal(18, 4)) as days_enrolled,
    cast(sum(days_absent) as decimal(18, 4)) as days_absent
from spell_days
inner join school on school.school = spell_days.school
inner join child on child.child = spell_days.child
group by all
"""
