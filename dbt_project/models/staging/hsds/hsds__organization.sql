-- the organization's own number, not that of one of its places or services
with phones as (

    select
        partner_id,
        extract_id,
        school_year,
        collection,
        organization_id,
        min_by(number, id) as number
    from {{ source('raw', 'hsds_phone') }}
    where
        location_id is null
        and service_id is null
        and coalesce(lower(type), 'voice') = 'voice'
    group by all

)

select
    organizations.community_id,
    organizations.partner_id,
    organizations.extract_id,
    organizations.school_year,
    organizations.collection,
    organizations.id as organization_id,
    organizations.name as organization_name,
    organizations.description,
    organizations.website,
    organizations.email,
    phones.number as phone,
    organizations.tax_id,
    organizations.parent_organization_id,
    organizations._load_id,
    organizations._source_file,
    organizations._row_number
from {{ source('raw', 'hsds_organization') }} as organizations
left join phones
    on
        {{ same_delivery('organizations', 'phones') }}
        and organizations.id = phones.organization_id
