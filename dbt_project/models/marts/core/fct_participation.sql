select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    program_id,
    site_id,
    start_date,
    end_date,
    sessions_offered,
    sessions_attended,
    hours_attended,
    has_attended,
    _load_id,
    _row_number
from {{ ref('stg_participation') }}
