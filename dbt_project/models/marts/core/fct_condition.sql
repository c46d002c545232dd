select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    condition_category,
    condition_code,
    code_system,
    clinical_status,
    verification_status,
    onset_date,
    abatement_date,
    recorded_date,
    _load_id,
    _row_number
from {{ ref('stg_condition') }}
where coalesce(verification_status, 'confirmed') not in ('refuted', 'entered_in_error')
