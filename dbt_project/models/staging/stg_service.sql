select
    service.community_id,
    service.partner_id,
    service.school_year,
    service.collection,
    {{ scoped_id('service', 'service_id') }} as service_id,
    service.service_name,
    {{ scoped_id('service', 'organization_id') }} as organization_id,
    {{ scoped_id('service', 'program_id') }} as program_id,
    service.description,
    service.taxonomy_terms,
    {{ conformed('service_status') }},
    service.minimum_age_years,
    service.maximum_age_years,
    service.eligibility,
    service.fees,
    service.assured_date,
    service.extract_id,
    service._load_id,
    service._row_number
from {{ rows_of('service') }} as service
{{ join_codes('service_status', 'service') }}
