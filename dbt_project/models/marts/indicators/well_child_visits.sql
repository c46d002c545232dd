with definitions as (

    {{ definitions('well_child_visits', {
        'minimum_visits': 'integer',
    }) }}

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    cast(null as varchar) as organization_id,
    'well_child_visits' as indicator_id,
    definitions.definition_version,
    {{ at_least('children.n_visits', 'children.most_visits', 'definitions.minimum_visits') }} as is_success
from {{ ref('int_well_child_years') }} as children
{{ join_definitions('children') }}
where {{ at_least('children.n_visits', 'children.most_visits', 'definitions.minimum_visits') }} is not null
