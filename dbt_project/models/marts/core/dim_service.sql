-- the latest account, whole: an annual one before an interim one of the same year
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
qualify
    row_number() over (
        partition by community_id, service_id
        order by
            school_year desc, case when collection = 'annual' then 0 else 1 end asc, collection asc, extract_id asc,
            _row_number asc
    ) = 1
