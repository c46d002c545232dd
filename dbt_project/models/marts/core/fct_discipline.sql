select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    organization_id,
    incident_id,
    action_code,
    action_date,
    days_removed,
    _load_id,
    _row_number
from {{ ref('stg_discipline') }}
