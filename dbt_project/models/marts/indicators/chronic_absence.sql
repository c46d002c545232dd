with definitions as (

    {{ definitions('chronic_absence', {
        'minimum_share_absent': 'decimal(6, 4)',
        'minimum_days_absent': 'decimal(6, 1)',
        'minimum_days_enrolled': 'decimal(6, 1)',
    }) }}

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'chronic_absence' as indicator_id,
    definitions.definition_version,
    coalesce(
        students.days_absent >= definitions.minimum_days_absent,
        students.days_absent >= definitions.minimum_share_absent * students.days_enrolled
    ) as is_success
from {{ ref('fct_student_year') }} as students
{{ join_definitions('students') }}
where students.days_enrolled >= definitions.minimum_days_enrolled
