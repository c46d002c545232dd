"""Every indicator cell computed from the synthetic truth in plain SQL: definitions, places and subgroups written anew."""

from __future__ import annotations

from itertools import combinations

import duckdb

CELL_COLUMNS = (
    "community_id, indicator_id, definition_version, school_year, collection, data_maturity, geography_level, "
    "geography_id, disaggregate, subgroup, denominator, numerator"
)
# rows that the gate held back are known to nobody
KNOWN = "inner join identity using (true_person_id) where not is_held_back"
CHILD_YEAR = "person_id, school_year, collection"
DISAGGREGATES = (
    "race_ethnicity",
    "gender",
    "economic_disadvantage",
    "english_learner",
    "disability",
    "homelessness",
    "foster_care",
)
FLAGS = {
    "economic_disadvantage": "is_economically_disadvantaged",
    "english_learner": "is_english_learner",
    "disability": "has_disability",
    "homelessness": "is_homeless",
    "foster_care": "is_in_foster_care",
}


def flag(column: str, name: str) -> str:
    """SQL of a yes/no column in words."""
    return f"case {column} when true then 'yes' when false then 'no' else 'unknown' end as {name}"


# A child whose every row about its person was held back is of unknown gender and race; no other child is.
YEARS = f"""
create table years as
select
    person_id, school_year, collection, organization_id, partner_id, grade_level, days_enrolled, days_absent,
    if(described, race_ethnicity, 'unknown') as race_ethnicity, if(described, gender, 'unknown') as gender,
    {", ".join(flag(column, name) for name, column in FLAGS.items())}
from (
    select *, true_person_id in (
        select true_person_id from truth.person where not is_held_back and gender is not null
    ) as described
    from truth.student_year inner join identity using (true_person_id)
)
"""

# The last test of the year counts; here nobody has two that can be judged.
JUDGED = f"""
create table judged as
select person_id, school_year, collection, subject, grade_level, is_proficient
from truth.assessment {KNOWN} and is_proficient is not null
qualify row_number() over (
    partition by {CHILD_YEAR}, subject order by test_date desc, scale_score desc
) = 1
"""

# A code that nobody translated may mean anything: everything is worked out twice, with the best and the worst that it
# could be, and a child counts where both come to the same.
REMOVED = f"""
create table removed as
with actions as (
    select {CHILD_YEAR}, unnest(['best', 'worst']) as reading, action_code from truth.discipline {KNOWN}
),
meant as (
    select * exclude action_code, case
        when action_code <> 'unmapped' then action_code when reading = 'worst' then 'out_of_school_suspension' else 'other'
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

# First-time ninth graders with a mark, and what the year's marks come to.
NINTH_GRADERS = f"""
create table ninth_graders as
with marks as (
    select {CHILD_YEAR}, reading, subject_area, credits_earned, coalesce(credits_attempted, 1) as weight,
        if(mark <> 'unmapped', mark, if(reading = 'best', 'a', 'f')) as mark,
        map {{'a': 4, 'b': 3, 'c': 2, 'd': 1, 'f': 0}}[if(mark <> 'unmapped', mark, if(reading = 'best', 'a', 'f'))]
            as points
    from truth.course_mark cross join (values ('best'), ('worst')) as readings (reading) {KNOWN}
),
summed as (
    select {CHILD_YEAR}, reading, sum(credits_earned) as credits,
        count(*) filter (mark in ('f', 'fail') and subject_area <> 'other') as core_failures,
        sum(points * weight) / sum(weight) filter (points is not null) as gpa,
        count(*) filter (mark in ('d', 'f', 'fail') and subject_area in ('english', 'math')) as low_marks
    from marks group by all
)
select years.*, reading, credits, core_failures, gpa, low_marks, removed.person_id is not null as was_removed
from years
inner join summed using (person_id, school_year, collection)
left join removed using (person_id, school_year, collection, reading)
where grade_level = '09' and collection = 'annual' and not exists (
    from years as before
    where before.person_id = years.person_id and before.grade_level = '09' and before.collection = 'annual'
        and before.school_year < years.school_year
)
"""

# The class of a child is that of its first year of high school here. Files begin with 2020: so does the first
# ninth grade that is known whole, which is the class of 2023.
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
    select person_id, class_of, organization_id, exit_code
    from classes inner join spells using (person_id) where school_year <= class_of
    qualify row_number() over (
        partition by person_id order by school_year desc, coalesce(exit_date, date '9999-12-31') desc, entry_date desc
    ) = 1
)
select person_id, class_of as school_year, 'annual' as collection, organization_id,
    exists (
        select 1 from truth.diploma inner join identity using (true_person_id)
        where not is_held_back and diploma_type = 'regular' and identity.person_id = endings.person_id
            and school_year <= class_of
    ) as success,
    coalesce(exit_code in ('transferred_out', 'emigrated', 'deceased'), false) as has_left
from endings where class_of between 2023 and 2025
"""

PREPARED = (YEARS, JUDGED, REMOVED, REPORTING, NINTH_GRADERS, GRADUATION)


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
        f"left join removed using ({CHILD_YEAR}, reading)"
    )


# indicator and version -> who is in the denominator, at which school, and who succeeds
DEFINITIONS = {
    ("chronic_absence", "ten_percent"): (
        f"select {CHILD_YEAR}, organization_id, days_absent * 10 >= days_enrolled as success "
        "from years where days_enrolled >= 10"
    ),
    ("chronic_absence", "eighteen_days"): (
        f"select {CHILD_YEAR}, organization_id, days_absent >= 18 as success "
        "from years where days_enrolled >= 1 and collection = 'annual'"
    ),
    ("chronic_absence", "fifteen_days"): (
        f"select {CHILD_YEAR}, organization_id, days_absent >= 15 as success "
        "from years where days_enrolled >= 1 and collection = 'annual'"
    ),
    ("early_grade_reading", "proficient"): tested("reading", "03"),
    ("middle_grade_math", "proficient"): tested("math", "08"),
    ("ninth_grade_on_track", "consortium"): decided(
        f"select {CHILD_YEAR}, organization_id, credits >= 5 and core_failures < 2 as success from ninth_graders"
    ),
    ("ninth_grade_on_track", "ew_framework"): decided(
        f"select {CHILD_YEAR}, organization_id, gpa >= 3 and low_marks = 0 and not was_removed "
        "and days_absent * 100 <= days_enrolled * 4 as success from ninth_graders"
    ),
    ("high_school_graduation", "four_year"): (
        f"select {CHILD_YEAR}, organization_id, success from graduation where success or not has_left"
    ),
    ("suspension", "any_removal"): suspended("removed.person_id is not null"),
    ("suspension", "out_of_school"): suspended("coalesce(out_of_school, false)"),
}


def subgroups() -> str:
    """SQL list of every total, single disaggregate and pair a child counts in."""
    kinds = ["{'disaggregate': 'all', 'subgroup': 'all'}"]
    kinds += [f"{{'disaggregate': '{one}', 'subgroup': {one}}}" for one in DISAGGREGATES]
    kinds += [
        f"{{'disaggregate': '{one}_x_{other}', 'subgroup': {one} || '|' || {other}}}"
        for one, other in combinations(DISAGGREGATES, 2)
    ]
    return f"[{', '.join(kinds)}]"


def count_true_cells(con: duckdb.DuckDBPyConnection) -> None:
    """Fill table `true_cells` from schema `truth` and table `identity`; a child counts at three levels of place."""
    for table in PREPARED:
        con.execute(table)
    results = " union all ".join(
        f"select '{indicator}' as indicator_id, '{version}' as definition_version, * from ({sql})"
        for (indicator, version), sql in DEFINITIONS.items()
    )
    # who was not enrolled in the year it counts in, a drop-out, is what it was in its last year
    described = ", ".join(f"years.{name}" for name in DISAGGREGATES)
    con.execute(
        f"""
        create table true_cells as
        with results as ({results}),
        students as (
            select results.*, {described}
            from results asof inner join (from years where collection = 'annual') as years
                on results.person_id = years.person_id and results.school_year >= years.school_year
            where results.collection = 'annual'
            union all
            select results.*, {described} from results inner join years using ({CHILD_YEAR})
            where results.collection <> 'annual'
        ),
        districts as (
            select distinct partner_id || ':' || lower(school_id) as organization_id, district_id
            from truth.school where not is_held_back
        ),
        places as (
            select organization_id, unnest([
                {{'geography_level': 'school', 'geography_id': organization_id}},
                {{'geography_level': 'district', 'geography_id': district_id}},
                {{'geography_level': 'community', 'geography_id': 'riverbend'}}
            ], recursive := true)
            from districts
        ),
        alike as (
            select indicator_id, definition_version, school_year, collection, organization_id,
                {", ".join(DISAGGREGATES)}, count(*) as n, count(*) filter (success) as n_success
            from students where success is not null group by all
        ),
        in_subgroups as (select *, unnest({subgroups()}, recursive := true) from alike)
        select 'riverbend' as community_id, indicator_id, definition_version, school_year, collection,
            if(collection = 'annual', 'final', 'interim') as data_maturity, geography_level, geography_id,
            disaggregate, subgroup, cast(sum(n) as bigint) as denominator,
            cast(sum(n_success) as bigint) as numerator
        from in_subgroups inner join places using (organization_id) group by all
        """
    )
