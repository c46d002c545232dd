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
{{ join_school_of_year('students') }}
where students.subject = 'reading' and students.grade_level = '03'
