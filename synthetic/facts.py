"""What each partner knows at each collection, as canonical entities with conformed codes: the content of every file.

Each table has extract_id, partner_id, school_year, collection, source_id (the source row it stands in),
true_person_id, is_single (the child has one spell that year), then the columns of the entity.
"""

from __future__ import annotations

import duckdb

from synthetic.college import COLLEGES, STATUSES
from synthetic.outcomes import ACTIONS, MARKS, SUBJECT_AREAS
from synthetic.schooling import EXIT_CODES


def build(con: duckdb.DuckDBPyConnection) -> None:
    """Leave one table `fact_<entity>` per canonical entity in `con`, from the tables of the world."""
    con.execute(STUDENTS)
    for entity, query in QUERIES.items():
        con.execute(f"create or replace table fact_{entity} as {query}")


def _words(words: tuple[str, ...], index: str) -> str:
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

# River City: one row per child without dates. Lakeshore: the year's programs from 1 July, homeless episodes beside them.
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
    case when exited then {_words(EXIT_CODES, "exit_code")} end as exit_code
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


def _scores(
    table: str, extract: str, assessment: str, subject: str, score: str, extra: str = "null, null"
) -> str:
    """SELECT of one subject's scores at a partner's schools."""
    return f"""
select
    {extract} as extract_id, school.partner_id, score.school_year, 'annual' as collection, score.source_id,
    child.true_person_id, score.is_single,
    case when school.partner_id = 'river_city_schools' then child.local_ids[1] else child.local_ids[2] end as
        student_id,
    school.school_id, '{assessment}' as assessment_id, {subject} as subject, {GRADE} as grade_level,
    days.date as test_date, cast({score} as decimal(18, 4)) as scale_score, {extra}
from {table} as score
inner join school on school.school = score.school
inner join child on child.child = score.child
inner join days on days.school_year = score.school_year and days.day = score.day"""


STATE_EXTRACT = """school.partner_id || '.assessment'
        || case when school.partner_id = 'lakeshore_unified' and score.school_year < 2023 then '.history'
            else '' end"""
SEASONS = [
    _scores(
        f"(select * exclude (day), {day} as day from benchmark_score where score_{number} > 0)",
        "school.partner_id || '.assessment.benchmark'", "river_benchmark", "score.subject", f"score_{number}",
    )
    for number, day in enumerate((20, 90, 150))
]  # fmt: skip
ADMISSIONS = """
select
    'admissions_test.assessment' as extract_id, 'admissions_test' as partner_id, score.school_year,
    'annual' as collection, score.source_id, child.true_person_id, score.is_single,
    child.true_person_id as student_id, null as school_id, 'admissions_test' as assessment_id, subject,
    '11' as grade_level, days.date as test_date, cast(points as decimal(18, 4)) as scale_score,
    null as performance_level, null as is_proficient
from (unpivot (select * replace (cast(reading_score as bigint) as reading_score) from admissions_score)
    on reading_score as reading, math_score as math into name subject value points) as score
inner join child on child.child = score.child
inner join days on days.school_year = score.school_year and days.day = score.day
"""
ASSESSMENT = "\nunion all\n".join(
    [
        *(
            _scores(
                "state_score", STATE_EXTRACT, "state_test", f"'{subject}'", f"{subject}_score",
                f"'level_' || {subject}_level as performance_level, {subject}_proficient as is_proficient",
            )
            for subject in ("reading", "math")
        ),
        *SEASONS,
        _scores("literacy_score", "school.partner_id || '.assessment.literacy'", "early_literacy", "'reading'", "score"),
        ADMISSIONS,
    ]
)  # fmt: skip

DISCIPLINE = f"""
select
    school.partner_id || '.discipline' as extract_id, school.partner_id, incident.school_year,
    collections.collection, incident.source_id, child.true_person_id, incident.is_single,
    case when school.partner_id = 'river_city_schools' then child.local_ids[1] else child.local_ids[2] end as
        student_id,
    school.school_id,
    incident.school_year || '-' || lpad(cast(incident.incident as varchar), 6, '0') as incident_id,
    {_words(ACTIONS, "incident.action")} as action_code,
    days.date as action_date,
    cast(case when action < 3 then days_removed end as decimal(18, 4)) as days_removed
from incident
inner join collections on collections.school_year = incident.school_year and incident.day < collections.cut
inner join school on school.school = incident.school
inner join child on child.child = incident.child
inner join days on days.school_year = incident.school_year and days.day = incident.day
"""

COURSE_MARK = f"""
select
    school.partner_id || '.course_mark' as extract_id, school.partner_id, mark.school_year,
        collections.collection,
    mark.source_id, child.true_person_id, mark.is_single,
    case when school.partner_id = 'river_city_schools' then child.local_ids[1] else child.local_ids[2] end as
        student_id,
    school.school_id,
    case
        when course = 1 and grade - 8 + cast(advanced as integer) >= 1
            then ['ALG1', 'GEOM', 'ALG2', 'PREC', 'CALC'][grade - 8 + cast(advanced as integer)]
        else ['ENGL', 'MATH', 'SCIE', 'SOCS', 'ARTS', 'PHED'][course + 1] || lpad(cast(grade as varchar), 2,
            '0')
    end as course_id,
    ['English', 'Mathematics', 'Science', 'Social Studies', 'Arts', 'Physical Education'][course + 1] as
        course_name,
    {_words(SUBJECT_AREAS, "course")} as subject_area,
    term,
    {_words(MARKS, "mark")} as mark,
    cast(case when grade >= 9 then 0.5 end as decimal(18, 4)) as credits_attempted,
    cast(case when grade >= 9 then case when mark in (4, 6, 7) then 0 else 0.5 end end as decimal(18, 4))
        as credits_earned
from mark
inner join collections
    on collections.school_year = mark.school_year and mark.day < collections.cut and collections.collection
        in ('winter', 'annual')
inner join school on school.school = mark.school
inner join child on child.child = mark.child
"""

DIPLOMA = """
select
    school.partner_id || '.diploma' as extract_id, school.partner_id, diploma.school_year, 'annual' as
        collection,
    diploma.child as source_id, child.true_person_id, diploma.is_single,
    case when school.partner_id = 'river_city_schools' then child.local_ids[1] else child.local_ids[2] end as
        student_id,
    school.school_id, days.date + 4 as diploma_date, diploma_type
from diploma_number as diploma
inner join school on school.school = diploma.school
inner join child on child.child = diploma.child
inner join days on days.school_year = diploma.school_year and days.day = diploma.day
"""

COLLEGE_CODES = tuple(code for code, *_ in COLLEGES)
COLLEGE_NAMES = tuple(name for _, name, *_ in COLLEGES)
POSTSECONDARY_ENROLLMENT = f"""
with attended as (
    select *, child * 2 as source_id, college as place, make_date(school_year - 1, 8, 20) + cast(begin_offset
        as integer) as begins,
        case when second_college >= 0 then make_date(school_year - 1, 12, 18) else make_date(school_year, 5,
            12) end
            as ends
    from career where college >= 0
    union all
    select *, child * 2 + 1, second_college, make_date(school_year, 1, 10) + cast(begin_offset as integer),
        make_date(school_year, 5, 12)
    from career where second_college >= 0
)
select
    'college_tracker.postsecondary_enrollment' as extract_id, 'college_tracker' as partner_id, school_year,
    'annual' as collection, source_id, child.true_person_id, true as is_single,
    child.true_person_id as student_id, {_words(COLLEGE_CODES, "place")} as college_code,
    upper({_words(COLLEGE_NAMES, "place")}) as college_name, begins as enrollment_begin_date, ends as
        enrollment_end_date,
    ['full_time', 'three_quarter_time', 'half_time', 'less_than_half_time', 'withdrawn', 'leave_of_absence']
        [status + 1] as enrollment_status
from attended
inner join child on child.child = attended.child
"""

QUERIES = {
    "person": PERSON + "union all" + PERSON_ELSEWHERE,
    "student_status": STUDENT_STATUS,
    "school": SCHOOL,
    "enrollment": ENROLLMENT,
    "attendance": ATTENDANCE,
    "assessment": ASSESSMENT,
    "discipline": DISCIPLINE,
    "course_mark": COURSE_MARK,
    "diploma": DIPLOMA,
    "postsecondary_enrollment": POSTSECONDARY_ENROLLMENT,
}
assert len(STATUSES) == 6
