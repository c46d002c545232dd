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
left join {{ ref('fct_student_year') }} as places
    on
        children.community_id = places.community_id
        and children.person_id = places.person_id
        and children.school_year = places.school_year
        and children.collection = places.collection
