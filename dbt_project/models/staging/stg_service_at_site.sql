select
    service_at_site.community_id,
    service_at_site.partner_id,
    service_at_site.school_year,
    service_at_site.collection,
    {{ scoped_id('service_at_site', 'service_id') }} as service_id,
    {{ scoped_id('service_at_site', 'site_id') }} as site_id,
    service_at_site.description,
    service_at_site.extract_id,
    service_at_site._load_id,
    service_at_site._row_number
from {{ rows_of('service_at_site') }} as service_at_site
