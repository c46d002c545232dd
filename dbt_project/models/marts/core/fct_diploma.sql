select
    community_id,
    person_id,
    school_year,
    collection,
    diploma_type,
    diploma_date,
    min(partner_id) as partner_id,
    min(organization_id) as organization_id
from {{ ref('stg_diploma') }}
group by community_id, person_id, school_year, collection, diploma_type, diploma_date
