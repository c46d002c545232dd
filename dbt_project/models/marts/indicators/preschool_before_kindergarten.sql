with definitions as (

    {{ definitions('preschool_before_kindergarten') }}

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    children.organization_id,
    'preschool_before_kindergarten' as indicator_id,
    definitions.definition_version,
    children.has_been_in_preschool as is_success
from {{ ref('int_kindergartners') }} as children
{{ join_definitions('children') }}
where children.has_been_in_preschool is not null
