with definitions as (

    {{ definitions('early_prenatal_care', {
        'last_month': 'integer',
    }) }}

)

select
    births.community_id,
    births.person_id,
    births.school_year,
    births.collection,
    cast(null as varchar) as organization_id,
    'early_prenatal_care' as indicator_id,
    definitions.definition_version,
    births.prenatal_care_month between 1 and definitions.last_month as is_success
from {{ ref('int_births') }} as births
{{ join_definitions('births') }}
where births.prenatal_care_month is not null
