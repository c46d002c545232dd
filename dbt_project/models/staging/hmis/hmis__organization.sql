with organizations as (

    {{ newest_hmis('hmis_organization', 'organization_id') | indent(4) }}

)

select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    organization_id,
    organization_name,
    cast(null as varchar) as description,
    cast(null as varchar) as website,
    cast(null as varchar) as email,
    cast(null as varchar) as phone,
    cast(null as varchar) as tax_id,
    cast(null as varchar) as parent_organization_id,
    _load_id,
    _source_file,
    _row_number
from organizations
