select
    links.person_id,
    told.community_id,
    told.partner_id,
    told.school_year,
    told.collection,
    told.address_key,
    told.surname_key,
    told.has_unit
from {{ source('identity', 'address_keys') }} as told
{{ join_person('told') }}
