select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    application_date,
    is_complete,
    _load_id,
    _row_number
from {{ ref('stg_financial_aid_application') }}
