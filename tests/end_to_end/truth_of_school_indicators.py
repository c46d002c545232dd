"""Indicators of what schools tell, by plain SQL over the synthetic truth: who counts, and who succeeds."""

from __future__ import annotations

from tests.end_to_end.truth_accounts import CHILD_YEAR
from tests.end_to_end.truth_attributes import IN_COMBINATION

# rows that the gate held back are known to nobody
KNOWN = "inner join identity using (true_person_id) where not is_held_back"

# The last test of the year and grade counts; here nobody has two that can be judged.
JUDGED = f"""
create table judged as
select person_id, school_year, collection, subject, grade_level, is_proficient
from truth.assessment {KNOWN} and is_proficient is not null
qualify row_number() over (
    partition by {CHILD_YEAR}, subject, grade_level order by test_date desc, scale_score desc
) = 1
"""

# A code that nobody translated may mean anything: everything is worked out twice, with the best and the worst
# that it could be, and a child counts where both come to the same.
REMOVED = f"""
create table removed as
with actions as (
    select {CHILD_YEAR}, unnest(['best', 'worst']) as reading, action_code from truth.discipline {KNOWN}
),
meant as (
    select * exclude action_code, case
        when action_code <> 'unmapped' then action_code
        when reading = 'worst' then 'out_of_school_suspension' else 'other'
    end as action_code
    from actions
)
select {CHILD_YEAR}, reading, bool_or(action_code = 'out_of_school_suspension') as out_of_school
from meant
where action_code in ('in_school_suspension', 'out_of_school_suspension', 'expulsion')
group by all
"""

REPORTING = """
create table reporting as
select distinct partner_id, school_year, collection from truth.discipline where not is_held_back
"""

# Courses of mathematics from the first of high school on, by the districts' numbers; calculus is an advanced
# one.
HIGH_SCHOOL_MATH = "('ALG1', 'GEOM', 'ALG2', 'PREC', 'CALC')"

# What the year's marks come to.
MARKED = f"""
create table marked as
with marks as (
    select {CHILD_YEAR}, reading, course_id, subject_area, credits_earned,
        coalesce(credits_attempted, 1) as weight,
        if(course_mark.mark <> 'unmapped', course_mark.mark, if(reading = 'best', 'a', 'f')) as meant,
        map {{'a': 4, 'b': 3, 'c': 2, 'd': 1, 'f': 0}}[meant] as points
    from truth.course_mark cross join (values ('best'), ('worst')) as readings (reading)
    {KNOWN} and collection = 'annual'
),
summed as (
    select {CHILD_YEAR}, reading, sum(credits_earned) as credits,
        count(*) filter (meant in ('f', 'fail') and subject_area <> 'other') as core_failures,
        sum(points * weight) / sum(weight) filter (points is not null) as gpa,
        count(*) filter (meant in ('d', 'f', 'fail') and subject_area in ('english', 'math')) as low_marks,
        count(*) filter (meant in ('f', 'fail') and subject_area in ('english', 'math')) as failures,
        bool_or(subject_area = 'math') as has_math,
        bool_or(course_id in {HIGH_SCHOOL_MATH} and meant in ('a', 'b', 'c', 'd', 'pass')) as passed_algebra,
        bool_or(course_id = 'CALC' and meant in ('a', 'b', 'c', 'd', 'pass')) as passed_advanced
    from marks group by all
)
select years.*, summed.* exclude ({CHILD_YEAR}), removed.person_id is not null as was_removed
from years
inner join summed using ({CHILD_YEAR})
left join removed using ({CHILD_YEAR}, reading)
"""

NINTH_GRADERS = """
create table ninth_graders as
from marked
where grade_level = '09' and not exists (
    from years as before
    where before.person_id = marked.person_id and before.grade_level = '09' and before.collection = 'annual'
        and before.school_year < marked.school_year
)
"""

# The class of a child is that of its first year of high school here. Files begin with 2020: so does the first
# ninth grade that is known whole, which is the class of 2023. A longer rate is of the same class, when its
# years are over.
GRADUATION = f"""
create table graduation as
with spells as (
    select person_id, school_year, cast(grade_level as integer) as grade, entry_date, exit_date, exit_code,
        partner_id || ':' || lower(school_id) as organization_id
    from truth.enrollment {KNOWN} and collection = 'annual' and grade_level in ('09', '10', '11', '12')
),
classes as (
    select person_id, min(school_year + 12 - grade) filter (school_year = first_year) as class_of
    from (select *, min(school_year) over (partition by person_id) as first_year from spells)
    group by person_id
),
endings as (
    select person_id, class_of, n_years, class_of + n_years - 4 as last_year, organization_id, exit_code
    from classes cross join (values (4), (5), (6)) as rates (n_years)
    inner join spells using (person_id) where school_year <= class_of + n_years - 4
    qualify row_number() over (
        partition by person_id, n_years
        order by school_year desc, coalesce(exit_date, date '9999-12-31') desc, entry_date desc
    ) = 1
)
select person_id, class_of as school_year, 'annual' as collection, n_years, organization_id,
    exists (
        select 1 from truth.diploma inner join identity using (true_person_id)
        where not is_held_back and diploma_type = 'regular' and identity.person_id = endings.person_id
            and school_year <= last_year
    ) as success,
    coalesce(exit_code in ('transferred_out', 'emigrated', 'deceased'), false) as has_left
from endings where class_of >= 2023 and last_year <= 2025
"""

FIRST_KINDERGARTEN = """
create table first_kindergarten as
from years where grade_level = 'k' and collection = 'annual'
qualify row_number() over (partition by person_id order by school_year) = 1
"""

# Staff by school, with all groups that each is of; and whether it is there on 1 October.
SCHOOL = "organization_id, school_year, collection"
SCHOOL_WINDOW = f"partition by {SCHOOL}"
STAFF = """
create table staff as
select partner_id || ':' || lower(school_id) as organization_id, school_year, collection,
    staff_classification, full_time_equivalent,
    list_filter(
        list_append(string_split(race_ethnicity, ';'), if(hispanic_ethnicity = 'yes', 'hispanic_or_latino', '')),
        lambda race: race <> ''
    ) as races,
    (start_date is null or start_date <= make_date(school_year - 1, 10, 1))
        and (end_date is null or end_date >= make_date(school_year - 1, 10, 1)) as is_there
from truth.staff_assignment where not is_held_back
"""
# A counselor of whom no full-time equivalent is told may be any part of one, or serve all the school.
COUNSELORS = f"""
create table counselors as
select {SCHOOL}, reading,
    coalesce(sum(coalesce(full_time_equivalent, cast(if(reading = 'best', 1e6, 0) as decimal(18, 4))))
        filter (staff_classification = 'school_counselor' and is_there), 0) as fte
from staff cross join (values ('best'), ('worst')) as readings (reading)
group by all
"""
# Teachers of schools that tell of the races of 85 % of them or more, and of five.
TEACHERS = f"""
create table teachers as
with taught as (
    select {SCHOOL}, races, count(*) over ({SCHOOL_WINDOW}) as n,
        count(*) filter (len(races) > 0) over ({SCHOOL_WINDOW}) as n_told
    from staff where staff_classification = 'teacher' and is_there
)
select {SCHOOL}, races, n_told from taught where len(races) > 0 and n_told / n >= 0.85 and n_told >= 5
"""
PUPILS = f"""
create table pupils as
select {CHILD_YEAR}, organization_id, list_filter([{
    ", ".join(f"if({name} = 'yes', '{race}', null)" for race, name in IN_COMBINATION.items())
}], lambda race: race is not null) as races
from years where is_enrolled and len(races) > 0
"""

PREPARED = (
    *(JUDGED, REMOVED, REPORTING, MARKED, NINTH_GRADERS, GRADUATION, FIRST_KINDERGARTEN),
    *(STAFF, COUNSELORS, TEACHERS, PUPILS),
)


def tested(subject: str, grade: str) -> str:
    """Children with a judged test of a subject and grade, at the school that answers for their year."""
    return (
        f"select {CHILD_YEAR}, organization_id, is_proficient as success "
        f"from judged inner join years using ({CHILD_YEAR}) "
        f"where judged.grade_level = '{grade}' and subject = '{subject}'"
    )


def decided(sql: str) -> str:
    """Children whose success is the same in every reading of what nobody translated."""
    return (
        f"select {CHILD_YEAR}, organization_id, bool_and(success) as success from ({sql}) group by all "
        "having bool_and(success) = bool_or(success) and count(success) = count(*)"
    )


def suspended(success: str) -> str:
    """Enrolled children of partners that reported discipline at all."""
    return decided(
        f"select {CHILD_YEAR}, organization_id, {success} as success from years "
        "cross join (values ('best'), ('worst')) as readings (reading) "
        "inner join reporting using (partner_id, school_year, collection) "
        f"left join removed using ({CHILD_YEAR}, reading) where is_enrolled"
    )


def enrolled(success: str, where: str = "collection = 'annual'") -> str:
    """Children at a school in the year."""
    return (
        f"select {CHILD_YEAR}, organization_id, {success} as success from years where is_enrolled and {where}"
    )


def on_track(where: str, table: str, *parts: str) -> str:
    """Children of whom each part is known by itself, the same in every reading; on track in all of them."""
    known = " and ".join(f"count({part}) = count(*) and bool_and({part}) = bool_or({part})" for part in parts)
    return (
        f"select {CHILD_YEAR}, organization_id, bool_and({' and '.join(parts)}) as success "
        f"from {table} where {where} group by all having {known}"
    )


def marks(success: str, where: str, table: str = "marked") -> str:
    """Children with marks of the year."""
    return decided(f"select {CHILD_YEAR}, organization_id, {success} as success from {table} where {where}")


def graduated(n_years: int) -> str:
    """The class, without those who left for elsewhere."""
    return (
        f"select {CHILD_YEAR}, organization_id, success from graduation "
        f"where n_years = {n_years} and (success or not has_left)"
    )


COUNSELED = decided(f"""
    select {CHILD_YEAR}, organization_id, n <= 250 * fte as success
    from (
        select {CHILD_YEAR}, organization_id, count(*) over ({SCHOOL_WINDOW}) as n from years where is_enrolled
    )
    inner join counselors using ({SCHOOL})
""")
ONE_TEACHER = f"""
select {CHILD_YEAR}, organization_id, bool_or(list_has_any(pupils.races, teachers.races)) as success
from pupils inner join teachers using ({SCHOOL}) group by all
"""
# The share of a group among teachers beside that among pupils, each of those whose races are told.
PROPORTIONATE = f"""
with of_teachers as (
    select {SCHOOL}, race, count(*) / any_value(n_told) as share
    from (select {SCHOOL}, n_told, unnest(races) as race from teachers) group by all
),
of_pupils as (
    select {SCHOOL}, race, count(*) / any_value(n) as share
    from (select {SCHOOL}, count(*) over ({SCHOOL_WINDOW}) as n, races from pupils), unnest(races) as one (race)
    group by all
)
select {CHILD_YEAR}, organization_id, bool_or(coalesce(of_teachers.share >= of_pupils.share, false)) as success
from (select {CHILD_YEAR}, organization_id, unnest(races) as race from pupils)
inner join of_pupils using ({SCHOOL}, race)
left join of_teachers using ({SCHOOL}, race)
where ({SCHOOL}) in (select ({SCHOOL}) from teachers)
group by all
"""

# The admissions test is taken in grade 11; a twelfth grader has what it took before.
ADMISSIONS = f"""
with best as (
    select years.person_id, years.school_year, subject, max(scale_score) as score
    from years
    inner join identity using (person_id)
    inner join truth.assessment as taken
        on taken.true_person_id = identity.true_person_id and taken.school_year <= years.school_year
    where taken.assessment_type = 'college_admission' and not is_held_back group by all
),
reached as (
    select person_id, school_year, bool_and(score >= if(subject = 'reading', 480, 530)) as is_ready
    from best group by all
)
select {CHILD_YEAR}, organization_id, {{}} as success
from years left join reached using (person_id, school_year)
where is_enrolled and grade_level = '12' and collection = 'annual'
    and school_year in (select school_year from truth.assessment where assessment_type = 'college_admission')
    and school_year - 1 in (select school_year from truth.assessment where assessment_type = 'college_admission')
"""

# indicator and version -> who is in the denominator, at which school, and who succeeds
DEFINITIONS = {
    ("chronic_absence", "ten_percent"): enrolled("days_absent * 10 >= days_enrolled", "days_enrolled >= 10"),
    ("chronic_absence", "eighteen_days"): enrolled(
        "days_absent >= 18", "days_enrolled >= 1 and collection = 'annual'"
    ),
    ("chronic_absence", "fifteen_days"): enrolled(
        "days_absent >= 15", "days_enrolled >= 1 and collection = 'annual'"
    ),
    ("consistent_attendance", "over_ninety_percent"): enrolled(
        "days_absent * 10 < days_enrolled", "days_enrolled >= 90"
    ),
    ("early_grade_reading", "proficient"): tested("reading", "03"),
    ("middle_grade_math", "proficient"): tested("math", "08"),
    # nobody here takes a test of high school in grade 8
    ("middle_grade_math", "proficient_or_algebra"): tested("math", "08"),
    ("sixth_grade_on_track", "ew_framework"): on_track(
        "grade_level = '06'",
        "marked",
        "(failures = 0)",
        "(not was_removed)",
        "(days_absent * 10 <= days_enrolled)",
    ),
    ("eighth_grade_on_track", "ew_framework"): on_track(
        "grade_level = '08'",
        "marked",
        "(gpa >= 2.5)",
        "(low_marks = 0)",
        "(not was_removed)",
        "(days_absent * 100 <= days_enrolled * 4)",
    ),
    ("ninth_grade_on_track", "consortium"): on_track(
        "true", "ninth_graders", "(credits >= 5)", "(core_failures < 2)"
    ),
    ("ninth_grade_on_track", "ew_framework"): on_track(
        "true",
        "ninth_graders",
        "(gpa >= 3)",
        "(low_marks = 0)",
        "(not was_removed)",
        "(days_absent * 100 <= days_enrolled * 4)",
    ),
    ("algebra_by_ninth", "passed"): marks(
        "exists (from marked as past where past.person_id = ninth_graders.person_id "
        "and past.reading = ninth_graders.reading and past.passed_algebra "
        "and past.school_year <= ninth_graders.school_year)",
        "has_math",
        "ninth_graders",
    ),
    ("early_college_coursework", "passed_any"): marks(
        "passed_advanced", "grade_level in ('09', '10', '11', '12')"
    ),
    ("college_admission_test", "taken"): ADMISSIONS.format("reached.person_id is not null"),
    ("college_admission_test", "college_ready"): ADMISSIONS.format("is_ready"),
    ("high_school_graduation", "four_year"): graduated(4),
    ("high_school_graduation", "five_year"): graduated(5),
    ("high_school_graduation", "six_year"): graduated(6),
    ("suspension", "any_removal"): suspended("removed.person_id is not null"),
    ("suspension", "out_of_school"): suspended("coalesce(out_of_school, false)"),
    ("counselor_access", "asca_ratio"): COUNSELED,
    ("educator_representation", "one_teacher"): ONE_TEACHER,
    ("educator_representation", "proportionate"): PROPORTIONATE,
    ("school_mobility", "two_schools"): enrolled("n_schools > 1"),
    ("homelessness", "mckinney_vento"): enrolled("homelessness = 'yes'", "homelessness <> 'unknown'"),
    ("homelessness", "any_source"): enrolled(
        "homelessness_any_source = 'yes'", "homelessness <> 'unknown' and collection = 'annual'"
    ),
}
