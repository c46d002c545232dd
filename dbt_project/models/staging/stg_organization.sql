select
    organization.community_id,
    organization.partner_id,
    organization.school_year,
    organization.collection,
    {{ scoped_id('organization', 'organization_id') }} as organization_id,
    organization.organization_name,
    organization.description,
    organization.website,
    organization.email,
    organization.phone,
    organization.tax_id,
    {{ scoped_id('organization', 'parent_organization_id') }} as parent_organization_id,
    organization.extract_id,
    organization._load_id,
    organization._row_number
from {{ rows_of('organization') }} as organization
