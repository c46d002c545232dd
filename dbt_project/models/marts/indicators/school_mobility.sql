with definitions as (

    {{ definitions('school_mobility') }}

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'school_mobility' as indicator_id,
    definitions.definition_version,
    students.n_schools > 1 as is_success
from {{ ref('fct_student_year') }} as students
{{ join_definitions('students') }}
where students.is_enrolled
