with definitions as (

    {{ definitions('early_grade_reading') }}

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    -- the accountable school, not the room the test was taken in
    coalesce(places.organization_id, students.organization_id) as organization_id,
    'early_grade_reading' as indicator_id,
    definitions.definition_version,
    students.is_proficient as is_success
from {{ ref('int_student_year_proficiency') }} as students
{{ join_definitions('students') }}
left join {{ ref('fct_student_year') }} as places
    on
        students.community_id = places.community_id
        and students.person_id = places.person_id
        and students.school_year = places.school_year
        and students.collection = places.collection
where students.subject = 'reading' and students.grade_level = '03'
