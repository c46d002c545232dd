select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    student_id is not null as has_child,
    filed_date,
    judgment,
    judgment_date,
    executed_date,
    amount_claimed,
    zip_code,
    tract_id,
    _load_id,
    _row_number
from {{ ref('stg_eviction') }}
