-- apart from other places, so that a new pantry builds no fact of children anew
with schools as (

    select
        account_id as organization_id,
        place_id
    from {{ source('identity', 'place_links') }}
    where entity = 'school'

),

-- whom no file calls by its last code yet is the place that it was by a former one
renamed as (

    select
        changes.geography_id as organization_id,
        min(schools.place_id) as place_id
    from {{ source('reference', 'geography_changes') }} as changes
    inner join schools on changes.former_id = schools.organization_id
    where changes.geography_level = 'school'
    group by changes.geography_id

)

select
    coalesce(schools.organization_id, renamed.organization_id) as organization_id,
    coalesce(schools.place_id, renamed.place_id) as place_id
from schools
full outer join renamed on schools.organization_id = renamed.organization_id
