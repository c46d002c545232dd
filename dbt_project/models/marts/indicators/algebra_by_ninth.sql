with definitions as (

    {{ definitions('algebra_by_ninth') }}

),

-- the first mark that passes in Algebra I or in a course that comes after it, and the first that may have passed
passed as (

    select
        community_id,
        person_id,
        min(school_year) filter (where mark <> 'unmapped') as school_year,
        min(school_year) as possible_school_year
    from {{ ref('fct_course_mark') }}
    where
        collection = 'annual' and mark in ('a', 'b', 'c', 'd', 'pass', 'unmapped')
        and math_course in (
            'algebra_1', 'geometry', 'algebra_2', 'integrated_1', 'integrated_2', 'integrated_3', 'precalculus',
            'calculus'
        )
    group by community_id, person_id

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'algebra_by_ninth' as indicator_id,
    definitions.definition_version,
    coalesce(students.school_year >= passed.school_year, false) as is_success
from {{ ref('int_course_years') }} as students
{{ join_definitions('students') }}
left join passed
    on
        students.community_id = passed.community_id
        and students.person_id = passed.person_id
where
    students.grade_level = '09' and students.is_first_time and students.has_math_course
    -- whose only mark that counts is one that no crosswalk knows may have passed or not
    and (
        coalesce(students.school_year >= passed.school_year, false)
        or coalesce(students.school_year < passed.possible_school_year, true)
    )
