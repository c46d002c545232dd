with definitions as (

    {{ definitions('consistent_attendance', {
        'share_present_over': 'decimal(6, 4)',
        'minimum_days_enrolled': 'decimal(6, 1)',
    }) }}

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'consistent_attendance' as indicator_id,
    definitions.definition_version,
    students.days_absent < (1 - definitions.share_present_over) * students.days_enrolled as is_success
from {{ ref('fct_student_year') }} as students
{{ join_definitions('students') }}
where students.days_enrolled >= definitions.minimum_days_enrolled
