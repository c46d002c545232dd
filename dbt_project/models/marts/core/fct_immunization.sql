select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    vaccine_code,
    administered_date,
    dose_number,
    immunization_source,
    immunization_status,
    _load_id,
    _row_number
from {{ ref('stg_immunization') }}
