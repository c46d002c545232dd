select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    college_code,
    college_name,
    enrollment_begin_date,
    enrollment_end_date,
    enrollment_status,
    credits_attempted,
    credits_earned,
    _load_id,
    _row_number
from {{ ref('stg_postsecondary_enrollment') }}
