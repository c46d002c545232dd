select
    community_id,
    entity,
    account_id,
    partner_id,
    kind,
    place_id,
    method,
    match_probability,
    levels
from {{ source('identity', 'place_links') }}
