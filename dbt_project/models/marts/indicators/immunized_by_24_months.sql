with definitions as (

    {{ definitions('immunized_by_24_months') }}

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    cast(null as varchar) as organization_id,
    'immunized_by_24_months' as indicator_id,
    definitions.definition_version,
    children.is_up_to_date_24m as is_success
from {{ ref('int_immunized_by_24_months') }} as children
{{ join_definitions('children') }}
