select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    organization_id,
    diploma_type,
    diploma_date,
    _load_id,
    _row_number
from {{ ref('stg_diploma') }}
