select
    community_id,
    place_id,
    kind,
    place_name,
    entity,
    nces_id,
    state_school_id,
    tax_id,
    zip_code,
    cast(n_accounts as integer) as n_accounts,
    cast(n_partners as integer) as n_partners
from {{ source('identity', 'places') }}
