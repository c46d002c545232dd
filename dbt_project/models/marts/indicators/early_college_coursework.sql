with definitions as (

    {{ definitions('early_college_coursework') }}

),

courses as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        coalesce(bool_or(is_advanced and mark in ('a', 'b', 'c', 'd', 'pass')), false) as has_passed,
        coalesce(bool_or(is_advanced and mark = 'unmapped'), false) as may_have_passed,
        bool_or(coalesce(course_level, 'unmapped') <> 'unmapped') as has_levels
    from (
        select
            *,
            course_level in ('advanced_placement', 'international_baccalaureate', 'dual_credit') as is_advanced
        from {{ ref('fct_course_mark') }}
        where collection = 'annual'
    ) as marks
    group by community_id, person_id, school_year, collection

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'early_college_coursework' as indicator_id,
    definitions.definition_version,
    courses.has_passed as is_success
from {{ ref('fct_student_year') }} as students
{{ join_definitions('students') }}
inner join courses
    on
        students.community_id = courses.community_id
        and students.person_id = courses.person_id
        and students.school_year = courses.school_year
        and students.collection = courses.collection
where
    students.grade_level in ('09', '10', '11', '12') and students.is_enrolled and courses.has_levels
    -- whose only advanced courses have marks that no crosswalk knows may have passed or not
    and (courses.has_passed or not courses.may_have_passed)
