select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    employer_id,
    industry_code,
    wage_year,
    wage_quarter,
    wages,
    hours_worked,
    work_state,
    _load_id,
    _row_number
from {{ ref('stg_employment') }}
