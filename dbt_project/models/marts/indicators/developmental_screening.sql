with definitions as (

    {{ definitions('developmental_screening', {
        'birthday': 'integer',
    }) }}

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    cast(null as varchar) as organization_id,
    'developmental_screening' as indicator_id,
    definitions.definition_version,
    children.has_developmental_screening as is_success
from {{ ref('int_screened_birthdays') }} as children
{{ join_definitions('children') }}
where children.age_years = definitions.birthday and children.has_developmental_screening is not null
