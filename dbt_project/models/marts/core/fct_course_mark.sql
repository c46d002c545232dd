select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    organization_id,
    course_id,
    term,
    course_name,
    subject_area,
    mark,
    credits_attempted,
    credits_earned,
    _load_id,
    _row_number
from {{ ref('stg_course_mark') }}
