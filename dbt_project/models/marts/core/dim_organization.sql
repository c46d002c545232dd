select
    community_id,
    organization_id,
    partner_id,
    organization_name,
    description,
    website,
    email,
    phone,
    tax_id,
    parent_organization_id,
    min(school_year) over (partition by community_id, organization_id) as first_school_year,
    school_year as last_school_year
from {{ ref('stg_organization') }}
qualify {{ latest_account('community_id, organization_id') }}
