with definitions as (

    {{ definitions('low_birth_weight', {
        'grams_under': 'integer',
    }) }}

)

select
    births.community_id,
    births.person_id,
    births.school_year,
    births.collection,
    cast(null as varchar) as organization_id,
    'low_birth_weight' as indicator_id,
    definitions.definition_version,
    births.birth_weight_grams < definitions.grams_under as is_success
from {{ ref('int_births') }} as births
{{ join_definitions('births') }}
where births.birth_weight_grams is not null
