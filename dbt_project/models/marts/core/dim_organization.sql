-- the latest account, whole: an annual one before an interim one of the same year
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
qualify
    row_number() over (
        partition by community_id, organization_id
        order by
            school_year desc, case when collection = 'annual' then 0 else 1 end asc, collection asc, extract_id asc,
            _row_number asc
    ) = 1
