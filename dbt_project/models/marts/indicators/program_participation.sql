with definitions as (

    {{ definitions('program_participation') }}

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'program_participation' as indicator_id,
    definitions.definition_version,
    students.program_participation = 'yes' as is_success
from {{ ref('fct_student_year') }} as students
{{ join_definitions('students') }}
where students.is_enrolled and students.program_participation <> 'unknown'
