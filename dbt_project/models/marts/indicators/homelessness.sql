with definitions as (

    {{ definitions('homelessness', {
        'counted_by': 'varchar',
    }) }}

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'homelessness' as indicator_id,
    definitions.definition_version,
    students.is_homeless as is_success
from {{ ref('int_homeless_students') }} as students
{{ join_definitions('students') }}
where students.counted_by = definitions.counted_by
