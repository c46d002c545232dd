select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    college_code,
    college_name,
    award_date,
    degree_title,
    award_level,
    major,
    cip_code,
    _load_id,
    _row_number
from {{ ref('stg_postsecondary_award') }}
