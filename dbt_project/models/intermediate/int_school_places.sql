-- apart from other places, so that a new pantry builds no fact of children anew
select
    account_id as organization_id,
    place_id
from {{ source('identity', 'place_links') }}
where entity = 'school'
