with definitions as (

    {{ definitions('blood_lead_tested', {
        'birthday': 'integer',
    }) }}

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    cast(null as varchar) as organization_id,
    'blood_lead_tested' as indicator_id,
    definitions.definition_version,
    children.has_lead_test as is_success
from {{ ref('int_screened_birthdays') }} as children
{{ join_definitions('children') }}
where children.age_years = definitions.birthday and children.has_lead_test is not null
