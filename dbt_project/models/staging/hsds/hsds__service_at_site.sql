with places as (

    select
        community_id,
        partner_id,
        extract_id,
        school_year,
        collection,
        service_id,
        location_id,
        description,
        _load_id,
        _source_file,
        _row_number
    from {{ source('raw', 'hsds_service_at_location') }}
    union all
    -- in the Ohana API a service is at one location
    select
        community_id,
        partner_id,
        extract_id,
        school_year,
        collection,
        id as service_id,
        location_id,
        cast(null as varchar) as description,
        _load_id,
        _source_file,
        _row_number
    from {{ source('raw', 'hsds_service') }}
    where location_id is not null

)

select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    service_id,
    location_id as site_id,
    description,
    _load_id,
    _source_file,
    _row_number
from places
qualify
    row_number() over (
        partition by partner_id, extract_id, school_year, collection, service_id, location_id order by _row_number
    ) = 1
