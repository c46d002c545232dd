select
    links.person_id,
    {{ organization_id('discipline') }} as organization_id,
    discipline.community_id,
    discipline.partner_id,
    discipline.student_id,
    discipline.school_id,
    discipline.school_year,
    discipline.collection,
    discipline.incident_id,
    {{ conformed('action_code') }},
    discipline.action_date,
    discipline.days_removed,
    discipline.extract_id,
    discipline._load_id,
    discipline._row_number
from {{ rows_of('discipline') }} as discipline
{{ join_person('discipline') }}
{{ join_organization('discipline') }}
{{ join_codes('action_code', 'discipline') }}
