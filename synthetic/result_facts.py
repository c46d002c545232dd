"""Facts of results: scores, disciplinary actions, marks, diplomas and college enrolments."""

from __future__ import annotations

from synthetic.college import COLLEGES
from synthetic.outcomes import ACTIONS, BENCHMARK_DAYS, DIPLOMAS, MARKS, SUBJECT_AREAS, SUBJECTS, TERM_DAYS
from synthetic.student_facts import GRADE, words


def _scores(
    table: str,
    extract: str,
    assessment: str,
    subject: str,
    score: str,
    extra: str = "null, null",
    source: str = "score.source_id",
) -> str:
    """SELECT of one subject's scores at a partner's schools; `source` is the file's row they stand in."""
    return f"""
select
    {extract} as extract_id, school.partner_id, score.school_year, 'annual' as collection,
    {source} as source_id, child.true_person_id, score.is_single,
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
        "school.partner_id || '.assessment.benchmark'", "river_benchmark",
        words(SUBJECTS, "score.subject"), f"score_{number}",
    )
    for number, day in enumerate(BENCHMARK_DAYS)
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
                # Lakeshore writes a row for each subject, River City both subjects in one
                "score.source_id * 2"
                f" + case when school.partner_id = 'lakeshore_unified' then {number} else 0 end",
            )
            for number, subject in enumerate(("reading", "math"))
        ),
        *SEASONS,
        _scores(
            "literacy_score", "school.partner_id || '.assessment.literacy'", "early_literacy", "'reading'",
            "score",
        ),
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
    {words(ACTIONS, "incident.action")} as action_code,
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
    {words(SUBJECT_AREAS, "course")} as subject_area,
    {words(tuple(TERM_DAYS), "term")} as term,
    {words(MARKS, "mark")} as mark,
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

DIPLOMA = f"""
select
    school.partner_id || '.diploma' as extract_id, school.partner_id, diploma.school_year, 'annual' as
        collection,
    diploma.child as source_id, child.true_person_id, diploma.is_single,
    case when school.partner_id = 'river_city_schools' then child.local_ids[1] else child.local_ids[2] end as
        student_id,
    school.school_id, days.date + 4 as diploma_date,
    {words(DIPLOMAS, "diploma")} as diploma_type
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
    child.true_person_id as student_id, {words(COLLEGE_CODES, "place")} as college_code,
    upper({words(COLLEGE_NAMES, "place")}) as college_name, begins as enrollment_begin_date, ends as
        enrollment_end_date,
    ['full_time', 'three_quarter_time', 'half_time', 'less_than_half_time', 'withdrawn', 'leave_of_absence']
        [status + 1] as enrollment_status
from attended
inner join child on child.child = attended.child
"""
