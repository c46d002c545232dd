select
    site.community_id,
    site.partner_id,
    site.school_year,
    site.collection,
    {{ scoped_id('site', 'site_id') }} as site_id,
    site.site_name,
    {{ scoped_id('site', 'organization_id') }} as organization_id,
    site.street_address,
    site.city,
    site.state,
    site.zip_code,
    site.tract_id,
    site.latitude,
    site.longitude,
    site.extract_id,
    site._load_id,
    site._row_number
from {{ rows_of('site') }} as site
