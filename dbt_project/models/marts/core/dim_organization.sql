select
    organization.community_id,
    organization.organization_id,
    organization.partner_id,
    organization.organization_name,
    organization.description,
    organization.website,
    organization.email,
    organization.phone,
    organization.tax_id,
    organization.parent_organization_id,
    min(organization.school_year) over (partition by organization.community_id, organization.organization_id)
        as first_school_year,
    organization.school_year as last_school_year,
    places.place_id
from {{ ref('stg_organization') }} as organization
{{ join_place('organization', 'organization_id', 'organization') }}
qualify {{ latest_account('organization.community_id, organization.organization_id') }}
