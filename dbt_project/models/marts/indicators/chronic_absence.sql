select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'chronic_absence' as indicator_id,
    definitions.definition_version,
    coalesce(
        students.days_absent >= {{ parameter('minimum_days_absent') }},
        students.days_absent >= {{ parameter('minimum_share_absent') }} * students.days_enrolled
    ) as is_success
from {{ ref('fct_student_year') }} as students
{{ join_definitions('chronic_absence', 'students') }}
where students.days_enrolled >= {{ parameter('minimum_days_enrolled') }}
