select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    partner_id,
    days_enrolled,
    days_absent,
    _load_id,
    _row_number
from {{ ref('stg_attendance') }}
