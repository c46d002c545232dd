select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    guardian_key,
    guardian_relationship,
    lives_with,
    is_legal_guardian,
    _load_id,
    _row_number
from {{ ref('stg_guardian') }}
