with definitions as (

    {{ definitions('elevated_blood_lead', {
        'level': 'decimal(6, 2)',
    }) }}

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    cast(null as varchar) as organization_id,
    'elevated_blood_lead' as indicator_id,
    definitions.definition_version,
    children.blood_lead_level >= definitions.level as is_success
from {{ ref('int_lead_levels') }} as children
{{ join_definitions('children') }}
