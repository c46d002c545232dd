with definitions as (

    {{ definitions('exits_to_permanent_housing') }}

),

-- a child counts once a year, by its last exit
exits as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        max_by(
            is_exit_to_permanent_housing, row(exit_date, coalesce(is_exit_to_permanent_housing, false))
        ) as is_permanent
    from {{ ref('int_exits_to_permanent_housing') }}
    where is_exit_to_permanent_housing is not null
    group by community_id, person_id, school_year, collection

)

select
    exits.community_id,
    exits.person_id,
    exits.school_year,
    exits.collection,
    places.organization_id,
    'exits_to_permanent_housing' as indicator_id,
    definitions.definition_version,
    exits.is_permanent as is_success
from exits
{{ join_definitions('exits') }}
{{ join_school_of_year('exits') }}
where exits.is_permanent is not null
