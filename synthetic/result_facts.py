"""Facts of results: scores, disciplinary actions, marks, diplomas and college enrolments."""

from __future__ import annotations

from synthetic.college import COLLEGES
from synthetic.outcomes import ACTIONS, BENCHMARK_DAYS, DIPLOMAS, MARKS, SUBJECT_AREAS, SUBJECTS, TERM_DAYS
from synthetic.student_facts import AT_LAKESHORE, GRADE, STUDENT_ID, schools
from synthetic.words import word, words

ASSESSMENT_TYPES = {
    "state_test": "state_summative",
    "river_benchmark": "benchmark",
    "early_literacy": "screener",
    "admissions_test": "college_admission",
}
ASSESSMENTS = tuple(ASSESSMENT_TYPES)
UNMAPPED = "unmapped"  # what truth says of a code that nobody translated
LEVELS = tuple(f"level_{level}" for level in range(1, 5))


def _named(assessment: str) -> str:
    kinds = tuple(ASSESSMENT_TYPES.values())
    return (
        f"{word(assessment, ASSESSMENTS)} as assessment_id, "
        f"{word(ASSESSMENT_TYPES[assessment], kinds)} as assessment_type"
    )


def _scores(
    table: str,
    assessment: str,
    subject: str,
    score: str,
    *,
    extract: str = "extract_id",
    label: str = "",
    source: str = "score.source_id",
    extra: str = "null, null",
) -> str:
    """SELECT of one subject's scores at the districts' schools; `source` is the file's row they stand in."""
    return f"""
select
    {extract} as extract_id, partner_id, score.school_year, cast('annual' as collection_name) as collection,
    {source} as source_id, child.true_person_id, score.is_single, {STUDENT_ID} as student_id,
    school.school_id, {_named(assessment)}, {subject} as subject,
    {GRADE} as grade_level, days.date as test_date, cast({score} as decimal(18, 4)) as scale_score, {extra}
from {table} as score
inner join {schools(f"assessment{label}")} on school.school = score.school
inner join child on child.child = score.child
inner join days on days.school_year = score.school_year and days.day = score.day"""


STATE_EXTRACT = f"""case when {AT_LAKESHORE} and score.school_year < 2023
        then cast('lakeshore_unified.assessment.history' as extract_name) else extract_id end"""
STATE_TEST = [
    _scores(
        "state_score", "state_test", word(subject, SUBJECTS), f"{subject}_score", extract=STATE_EXTRACT,
        # Lakeshore writes a row for each subject, River City both subjects in one
        source=f"score.source_id * 2 + case when {AT_LAKESHORE} then {number} else 0 end",
        extra=f"{words(LEVELS, f'{subject}_level - 1')} as performance_level,"
        f" {subject}_proficient as is_proficient",
    )
    for number, subject in enumerate(SUBJECTS)
]  # fmt: skip
BENCHMARK = [
    _scores(
        f"(select * exclude (day), {day} as day from benchmark_score where score_{number} > 0)",
        "river_benchmark", words(SUBJECTS, "score.subject"), f"score_{number}", label=".benchmark",
    )
    for number, day in enumerate(BENCHMARK_DAYS)
]  # fmt: skip
LITERACY = _scores("literacy_score", "early_literacy", word("reading", SUBJECTS), "score", label=".literacy")
ADMISSIONS = [
    f"""
select
    cast('admissions_test.assessment' as extract_name), cast('admissions_test' as partner_name),
    score.school_year, cast('annual' as collection_name), score.source_id, child.true_person_id,
    score.is_single, child.state_student_id, null, {_named("admissions_test")},
    {word(subject, SUBJECTS)}, {GRADE}, days.date, cast({subject}_score as decimal(18, 4)), null, null
from admissions_score as score
inner join child on child.child = score.child
inner join days on days.school_year = score.school_year and days.day = score.day"""
    for subject in SUBJECTS
]
RESULTS = "\nunion all\n".join([*STATE_TEST, *BENCHMARK, LITERACY, *ADMISSIONS])
# whole tests alone, and no file says a season
ASSESSMENT = (
    f"select *, cast(null as varchar) as domain, cast(null as varchar) as season from ({RESULTS}) as results"
)

DISCIPLINE = f"""
select
    extract_id, partner_id, incident.school_year,
    collections.collection, incident.source_id, child.true_person_id, incident.is_single,
    {STUDENT_ID} as student_id,
    school.school_id,
    incident.school_year || '-' || lpad(cast(incident.incident as varchar), 6, '0') as incident_id,
    {words((*ACTIONS, UNMAPPED), "incident.action")} as action_code,
    days.date as action_date,
    cast(case when action < 3 then days_removed end as decimal(18, 4)) as days_removed
from incident
inner join collections on collections.school_year = incident.school_year and incident.day < collections.cut
inner join {schools("discipline")} on school.school = incident.school
inner join child on child.child = incident.child
inner join days on days.school_year = incident.school_year and days.day = incident.day
"""

COURSE_NAMES = ("English", "Mathematics", "Science", "Social Studies", "Arts", "Physical Education")
# A course per subject and grade, and the mathematics that begins in grade 8 or 9.
ALGEBRA_AND_ON = ("ALG1", "GEOM", "ALG2", "PREC", "CALC")
COURSES = (
    *(
        f"{name}{grade:02d}"
        for name in ("ENGL", "MATH", "SCIE", "SOCS", "ARTS", "PHED")
        for grade in range(13)
    ),
    *ALGEBRA_AND_ON,
)
COURSE = f"""case when course = 1 and grade + cast(advanced as integer) >= 9
        then {len(COURSES) - len(ALGEBRA_AND_ON)} + grade + cast(advanced as integer) - 9
        else course * 13 + grade end"""
COURSE_MARK = f"""
select
    extract_id, partner_id, mark.school_year,
        collections.collection,
    mark.source_id, child.true_person_id, mark.is_single,
    {STUDENT_ID} as student_id,
    school.school_id,
    {words(COURSES, COURSE)} as course_id,
    {words(COURSE_NAMES, "course")} as course_name,
    {words(SUBJECT_AREAS, "course")} as subject_area,
    {words(tuple(TERM_DAYS), "term")} as term,
    {words((*MARKS, UNMAPPED), "mark")} as mark,
    cast(case when grade >= 9 then 0.5 end as decimal(18, 4)) as credits_attempted,
    cast(case when grade >= 9 then case when mark in (4, 6, 7) then 0 else 0.5 end end as decimal(18, 4))
        as credits_earned
from mark
inner join collections
    on collections.school_year = mark.school_year and mark.day < collections.cut and collections.collection
        in ('winter', 'annual')
inner join {schools("course_mark")} on school.school = mark.school
inner join child on child.child = mark.child
"""

DIPLOMA = f"""
select
    extract_id, partner_id, diploma.school_year,
    cast('annual' as collection_name) as collection,
    diploma.child as source_id, child.true_person_id, diploma.is_single,
    {STUDENT_ID} as student_id,
    school.school_id, days.date + 4 as diploma_date,
    {words(DIPLOMAS, "diploma")} as diploma_type
from diploma_number as diploma
inner join {schools("diploma")} on school.school = diploma.school
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
    cast('college_tracker.postsecondary_enrollment.nsc_studenttracker' as extract_name) as extract_id,
    cast('college_tracker' as partner_name) as partner_id, school_year,
    cast('annual' as collection_name) as collection, source_id, child.true_person_id, true as is_single,
    child.state_student_id as student_id, {words(COLLEGE_CODES, "place")} as college_code,
    upper({words(COLLEGE_NAMES, "place")}) as college_name, begins as enrollment_begin_date, ends as
        enrollment_end_date,
    ['full_time', 'three_quarter_time', 'half_time', 'less_than_half_time', 'withdrawn', 'leave_of_absence']
        [status + 1] as enrollment_status
from attended
inner join child on child.child = attended.child
"""
