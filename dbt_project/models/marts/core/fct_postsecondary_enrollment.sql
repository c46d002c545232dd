select
    community_id,
    person_id,
    school_year,
    collection,
    college_code,
    enrollment_begin_date,
    max(enrollment_end_date) as enrollment_end_date,
    min(college_name) as college_name,
    min(enrollment_status) as enrollment_status
from {{ ref('stg_postsecondary_enrollment') }}
group by community_id, person_id, school_year, collection, college_code, enrollment_begin_date
