with eligibility as (

    select
        partner_id,
        extract_id,
        school_year,
        collection,
        service_id,
        {{ joined('eligibility') }} as eligibility
    from {{ source('raw', 'hsds_eligibility') }}
    group by all

)

select
    services.community_id,
    services.partner_id,
    services.extract_id,
    services.school_year,
    services.collection,
    services.id as service_id,
    services.name as service_name,
    coalesce(services.organization_id, locations.organization_id) as organization_id,
    services.program_id,
    services.description,
    terms.taxonomy_terms,
    services.status as service_status,
    services.minimum_age as minimum_age_years,
    -- an age that nobody reaches is no limit
    case when services.maximum_age <= 120 then services.maximum_age end as maximum_age_years,
    coalesce(services.eligibility, eligibility.eligibility) as eligibility,
    services.fees,
    services.assured_date,
    services._load_id,
    services._source_file,
    services._row_number
from {{ source('raw', 'hsds_service') }} as services
left join {{ source('raw', 'hsds_location') }} as locations
    on
        {{ same_delivery('services', 'locations') }}
        and services.location_id = locations.id
left join {{ ref('hsds__service_terms') }} as terms
    on
        {{ same_delivery('services', 'terms') }}
        and services.id = terms.service_id
left join eligibility
    on
        {{ same_delivery('services', 'eligibility') }}
        and services.id = eligibility.service_id
