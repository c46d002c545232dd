select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    screening_type,
    instrument,
    domain,
    screened_date,
    screening_result,
    numeric_result,
    result_unit,
    was_referred,
    _load_id,
    _row_number
from {{ ref('stg_screening') }}
