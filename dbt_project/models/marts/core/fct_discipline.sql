select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    incident_id,
    action_code,
    min(organization_id) as organization_id,
    min(action_date) as action_date,
    max(days_removed) as days_removed
from {{ ref('stg_discipline') }}
group by community_id, person_id, school_year, collection, partner_id, incident_id, action_code
