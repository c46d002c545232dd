select
    community_id,
    service_id,
    site_id,
    partner_id,
    description,
    min(school_year) over (partition by community_id, service_id, site_id) as first_school_year,
    school_year as last_school_year
from {{ ref('stg_service_at_site') }}
qualify {{ latest_account('community_id, service_id, site_id') }}
