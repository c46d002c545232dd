{% set last_facts = source('reference', 'last_release_facts') %}

with facts_before as (

    select * from {{ last_facts }}
    where kind not in ('persons', 'places')

),

changed_deliveries as (

    select distinct
        coalesce(was.community_id, held.community_id) as community_id,
        coalesce(was.entity, held.entity) as entity,
        coalesce(was.school_year, held.school_year) as school_year
    from {{ source('reference', 'last_release_deliveries') }} as was
    full outer join {{ source('reference', 'release_deliveries') }} as held
        on was.load_id = held.load_id
    -- other rows of the same file: a child was removed from it
    where was.load_id is null or held.load_id is null or was.n_rows is distinct from held.n_rows

),

changed_facts as (

    select
        coalesce(was.kind, held.kind) as kind,
        coalesce(was.community_id, held.community_id) as community_id,
        coalesce(was.indicator_id, held.indicator_id) as indicator_id,
        coalesce(was.name, held.name) as name -- noqa: RF04
    from facts_before as was
    full outer join {{ source('reference', 'release_facts') }} as held
        on
            was.kind = held.kind
            and was.community_id is not distinct from held.community_id
            and was.indicator_id is not distinct from held.indicator_id
            and was.name is not distinct from held.name
    where was.hash is distinct from held.hash

),

-- joined and split since the last release was made
moved as (

    select distinct unnest([changes.person_id, changes.other_person_id]) as person_id
    from {{ source('identity', 'person_changes') }} as changes
    inner join {{ last_facts }} as known
        on known.kind = 'persons'
    where known.hash = '' or changes.changed_at > cast(nullif(known.hash, '') as timestamp)

),

places_held as (

    select {{ content_hash(['community_id', 'account_id', 'place_id']) }} as places_hash
    from {{ source('identity', 'place_links') }}

),

changed_places as (

    select known.kind
    from {{ last_facts }} as known
    cross join places_held
    where known.kind = 'places' and known.hash <> places_held.places_hash

)

select distinct
    outcomes.community_id,
    outcomes.indicator_id,
    outcomes.definition_version,
    outcomes.school_year,
    outcomes.collection,
    'links_changed' as cause,
    cast(null as varchar) as role -- noqa: RF04
from {{ ref('int_indicator_outcomes') }} as outcomes
inner join moved
    on outcomes.person_id = moved.person_id

union all

select distinct
    changed_deliveries.community_id,
    reads.indicator_id,
    cast(null as varchar) as definition_version,
    changed_deliveries.school_year,
    cast(null as varchar) as collection,
    'data_restated' as cause,
    reads.role
from changed_deliveries
inner join {{ source('reference', 'indicator_entities') }} as reads
    on changed_deliveries.entity = reads.entity

union all

select distinct
    changed_facts.community_id,
    changed_facts.indicator_id,
    case when changed_facts.kind = 'definition' then changed_facts.name end as definition_version,
    cast(null as integer) as school_year,
    cast(null as varchar) as collection,
    case changed_facts.kind
        when 'definition' then 'definition_changed'
        when 'code' then 'code_changed'
        else 'configuration_changed'
    end as cause,
    cast(null as varchar) as role -- noqa: RF04
from changed_facts

union all

select
    cast(null as varchar) as community_id,
    cast(null as varchar) as indicator_id,
    cast(null as varchar) as definition_version,
    cast(null as integer) as school_year,
    cast(null as varchar) as collection,
    'links_changed' as cause,
    cast(null as varchar) as role -- noqa: RF04
from changed_places
