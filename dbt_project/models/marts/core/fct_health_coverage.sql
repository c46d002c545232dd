select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    payer_type,
    plan_name,
    start_date,
    end_date,
    _load_id,
    _row_number
from {{ ref('stg_health_coverage') }}
