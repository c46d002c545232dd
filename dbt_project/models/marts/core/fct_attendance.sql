select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    min(partner_id) as partner_id,
    cast(sum(days_enrolled) as decimal(18, 4)) as days_enrolled,
    cast(sum(days_absent) as decimal(18, 4)) as days_absent
from {{ ref('stg_attendance') }}
group by community_id, person_id, school_year, collection, organization_id
