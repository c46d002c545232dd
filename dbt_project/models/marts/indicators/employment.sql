with definitions as (

    {{ definitions('employment', {
        'n_years': 'integer',
        'minimum_quarters': 'integer',
    }) }}

)

select
    graduates.community_id,
    graduates.person_id,
    graduates.school_year,
    graduates.collection,
    graduates.organization_id,
    'employment' as indicator_id,
    definitions.definition_version,
    graduates.n_quarters >= definitions.minimum_quarters as is_success
from {{ ref('int_graduate_wages') }} as graduates
{{ join_definitions('graduates') }}
where graduates.n_years = definitions.n_years
