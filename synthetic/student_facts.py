"""Facts of children and schools: persons, statuses, schools, enrolments and attendance."""

from __future__ import annotations

from synthetic.names import STREETS
from synthetic.schooling import EXIT_CODES
from synthetic.words import words

GRADES = ("k", *(f"{grade:02d}" for grade in range(1, 13)))
GRADE = words(GRADES, "grade")
# The constants are typed, so that numbers are compared and not their words.
AT_RIVER_CITY = "partner_id = cast('river_city_schools' as partner_name)"
AT_LAKESHORE = "partner_id = cast('lakeshore_unified' as partner_name)"
STUDENT_ID = f"""case when {AT_RIVER_CITY} then child.student_id_river_city
        else child.student_id_lakeshore end"""


def schools(entity: str) -> str:
    """FROM item: the schools, with the extract in which their district sends an entity."""
    extract = f"try_cast(partner_id || '.{entity}' as extract_name)"
    return f"(select *, {extract} as extract_id from school) as school"


def districts(entity: str) -> str:
    """FROM item: the districts alone, each with its extract of an entity."""
    return f"(select distinct partner_id, extract_id from {schools(entity)}) as district"


# Who is known to a partner at a collection, with the year's statuses: children with a spell that began before
# the cut.
STUDENTS = """
create or replace table student as
with known as (
    select school.partner_id, spell.school_year, spell.child,
        min(spell.start_day) as start_day, bool_and(spell.is_single) as is_single
    from spell
    inner join school on school.school = spell.school
    group by all
)
select
    known.* exclude (start_day), collections.collection, collections.cut,
    child_year.* exclude (child, school_year)
from known
inner join collections on collections.school_year = known.school_year and known.start_day < collections.cut
inner join child_year on child_year.child = known.child and child_year.school_year = known.school_year
"""

# Where a family lives, from its number and how often it has moved.
STREET = words(
    [f"{street} {kind}" for street in STREETS for kind in ("St", "Ave", "Rd", "Ct")],
    f"4 * ((child.family * 13 + student.moves * 29) % {len(STREETS)}) + child.family % 4",
)
ZIP_CODE = words([f"551{number:02d}" for number in range(1, 7)], "child.family % 6")
ZIP_CODE_LAKESHORE = words([f"552{number:02d}" for number in range(1, 4)], "child.family % 3")
TRACT = words([f"99001{number:06d}" for number in range(100, 130)], "(child.family + 7 * student.moves) % 30")

PERSON = f"""
select
    extract_id,
    partner_id,
    student.school_year,
    student.collection,
    student.child as source_id,
    child.true_person_id,
    student.is_single,
    {STUDENT_ID} as student_id,
    child.state_student_id,
    child.first_name,
    child.middle_name,
    child.last_name,
    child.birth_date,
    child.gender,
    child.races as race_ethnicity,
    child.hispanic_ethnicity,
    child.home_language,
    (100 + (child.family * 37 + student.moves * 101) % 8900) || ' ' || {STREET} as address,
    case when {AT_RIVER_CITY} then {ZIP_CODE} else {ZIP_CODE_LAKESHORE} end as zip_code,
    case when {AT_RIVER_CITY} then {TRACT} end as tract_id
from student
inner join {districts("person")} using (partner_id)
inner join child on child.child = student.child
"""

# The other partners know children by their state id; the tracker has one row a year that names each graduate.
PERSON_ELSEWHERE = """
select
    extract_id, partner_id, seen.school_year, cast('annual' as collection_name), seen.source_id,
    child.true_person_id, seen.is_single, child.state_student_id, child.state_student_id,
    child.first_name, child.middle_name, child.last_name,
    case when partner_id = 'admissions_test' then child.birth_date end, null, null, null, null, null, null,
        null
from (
    select cast('college_tracker.person.nsc_studenttracker' as extract_name) as extract_id,
        cast('college_tracker' as partner_name) as partner_id, school_year, child, true as is_single,
        case when college >= 0 then child * 2 else child * 2 + 2000000000 end as source_id
    from career
    union all
    select cast('admissions_test.person' as extract_name), cast('admissions_test' as partner_name),
        school_year, child, is_single, source_id
    from admissions_score
) as seen
inner join child on child.child = seen.child
"""

# River City: a row per child without dates. Lakeshore: the year's programs from 1 July, homeless episodes.
STUDENT_STATUS = f"""
with known as (
    select student.*, extract_id, child.true_person_id, {STUDENT_ID} as student_id
    from student
    inner join {districts("student_status")} using (partner_id)
    inner join child on child.child = student.child
)
select
    extract_id, partner_id, school_year, collection, child as source_id,
    true_person_id, is_single, student_id,
    cast(null as date) as status_start_date, cast(null as date) as status_end_date,
    is_economic_disadvantage as is_economically_disadvantaged, is_english_learner, is_disability as
        has_disability,
    homeless_start < cut as is_homeless, is_foster_care as is_in_foster_care, is_migrant,
    case when school_year >= 2022 then is_military end as is_military_connected
from known
where {AT_RIVER_CITY}
union all
select
    extract_id, partner_id, school_year, collection, 2 * child, true_person_id,
        is_single,
    student_id, make_date(school_year - 1, 7, 1), null,
    is_economic_disadvantage, is_english_learner, is_disability, false, is_foster_care, is_migrant, null
from known
where {AT_LAKESHORE}
union all
select
    extract_id, partner_id, known.school_year, collection, 2 * child + 1, true_person_id,
    is_single, student_id, start_day.date, case when homeless_end < cut then end_day.date end,
    is_economic_disadvantage, is_english_learner, is_disability, true, is_foster_care, is_migrant, null
from known
inner join days as start_day on start_day.school_year = known.school_year and start_day.day = homeless_start
left join days as end_day on end_day.school_year = known.school_year and end_day.day = homeless_end
where {AT_LAKESHORE} and homeless_start < cut
"""

SCHOOL = f"""
select
    extract_id, partner_id, collections.school_year,
        collections.collection,
    school.school as source_id, cast(null as varchar) as true_person_id, true as is_single,
    school.* exclude (school, partner_id, extract_id)
from {schools("school")}
inner join collections on collections.collection = 'annual'
"""

# An exit without a code is no exit: the child is still there on the last day.
ENROLLMENT = f"""
select
    extract_id, partner_id, spell.school_year, collection,
    spell.source_id, child.true_person_id, spell.is_single,
    {STUDENT_ID} as student_id,
    school.school_id,
    {GRADE} as grade_level,
    first_day.date as entry_date,
    case when exited then last_day.date end as exit_date,
    case when exited then {words(EXIT_CODES, "exit_code")} end as exit_code
from (
    select spell.*, collections.collection,
        exit_code > 0 and end_day <= collections.cut and (end_day < 180 or collections.cut = 180) as exited
    from spell
    inner join collections on collections.school_year = spell.school_year and spell.start_day <
        collections.cut
) as spell
inner join {schools("enrollment")} on school.school = spell.school
inner join child on child.child = spell.child
inner join days as first_day on first_day.school_year = spell.school_year and first_day.day = spell.start_day
inner join days as last_day on last_day.school_year = spell.school_year and last_day.day = spell.end_day - 1
"""

# The days of all spells of a child at a school.
ATTENDANCE = f"""
with attended as (
    select spell.child, spell.school, spell.school_year, collections.collection,
        bool_and(spell.is_single) as is_single,
        sum(case collections.collection when 'fall' then days_fall when 'winter' then days_winter
            when 'spring' then days_spring else days_annual end) as days_enrolled,
        sum(case collections.collection when 'fall' then absent_fall when 'winter' then absent_winter
            when 'spring' then absent_spring else absent_annual end) as days_absent
    from spell
    inner join collections on collections.school_year = spell.school_year and spell.start_day <
        collections.cut
    group by all
)
select
    extract_id, partner_id, school_year, collection,
    attended.child * 100 + attended.school as source_id, child.true_person_id, is_single,
    {STUDENT_ID} as student_id,
    school.school_id,
    cast(days_enrolled as decimal(18, 4)) as days_enrolled,
    cast(days_absent as decimal(18, 4)) as days_absent
from attended
inner join {schools("attendance")} on school.school = attended.school
inner join child on child.child = attended.child
"""
