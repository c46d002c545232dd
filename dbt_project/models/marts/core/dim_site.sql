select
    community_id,
    site_id,
    partner_id,
    site_name,
    organization_id,
    street_address,
    city,
    state,
    zip_code,
    tract_id,
    latitude,
    longitude,
    min(school_year) over (partition by community_id, site_id) as first_school_year,
    school_year as last_school_year
from {{ ref('stg_site') }}
qualify {{ latest_account('community_id, site_id') }}
