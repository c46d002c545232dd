with definitions as (

    {{ definitions('kindergarten_readiness') }}

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    -- the school that receives the child, not the room the test was taken in
    coalesce(places.organization_id, children.organization_id) as organization_id,
    'kindergarten_readiness' as indicator_id,
    definitions.definition_version,
    children.is_ready as is_success
from {{ ref('int_readiness_results') }} as children
{{ join_definitions('children') }}
{{ join_school_of_year('children') }}
