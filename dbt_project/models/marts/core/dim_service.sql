select
    community_id,
    service_id,
    partner_id,
    service_name,
    organization_id,
    program_id,
    description,
    taxonomy_terms,
    service_status,
    minimum_age_years,
    maximum_age_years,
    eligibility,
    fees,
    assured_date,
    min(school_year) over (partition by community_id, service_id) as first_school_year,
    school_year as last_school_year
from {{ ref('stg_service') }}
qualify {{ latest_account('community_id, service_id') }}
