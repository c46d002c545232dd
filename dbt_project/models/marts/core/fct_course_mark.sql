select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    course_id,
    term,
    min(organization_id) as organization_id,
    min(course_name) as course_name,
    min(subject_area) as subject_area,
    min(mark) as mark,
    max(credits_attempted) as credits_attempted,
    max(credits_earned) as credits_earned
from {{ ref('stg_course_mark') }}
group by community_id, person_id, school_year, collection, partner_id, course_id, term
