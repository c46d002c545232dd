with definitions as (

    {{ definitions('health_coverage') }}

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    cast(null as varchar) as organization_id,
    'health_coverage' as indicator_id,
    definitions.definition_version,
    children.is_covered as is_success
from {{ ref('int_coverage_at_new_year') }} as children
{{ join_definitions('children') }}
