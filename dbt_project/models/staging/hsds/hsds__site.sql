-- where a place is, not where its letters go; of several addresses the first by id
with addresses as (

    select *
    from {{ source('raw', 'hsds_address') }}
    where coalesce(lower(address_type), 'physical') = 'physical'
    qualify
        row_number() over (
            partition by partner_id, extract_id, school_year, collection, location_id order by id
        ) = 1

)

select
    locations.community_id,
    locations.partner_id,
    locations.extract_id,
    locations.school_year,
    locations.collection,
    locations.id as site_id,
    coalesce(locations.name, locations.alternate_name, addresses.address_1, locations.id) as site_name,
    locations.organization_id,
    case
        when addresses.address_2 is null then addresses.address_1
        else addresses.address_1 || ', ' || addresses.address_2
    end as street_address,
    addresses.city,
    addresses.state_province as state,
    addresses.postal_code as zip_code,
    cast(null as varchar) as tract_id,
    locations.latitude,
    locations.longitude,
    locations._load_id,
    locations._source_file,
    locations._row_number
from {{ source('raw', 'hsds_location') }} as locations
left join addresses
    on
        {{ same_delivery('locations', 'addresses') }}
        and locations.id = addresses.location_id
