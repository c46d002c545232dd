with definitions as (

    {{ definitions('living_wage_job', {
        'n_years': 'integer',
        'annual_wages': 'decimal(10, 2)',
    }) }}

)

select
    graduates.community_id,
    graduates.person_id,
    graduates.school_year,
    graduates.collection,
    graduates.organization_id,
    'living_wage_job' as indicator_id,
    definitions.definition_version,
    graduates.wages >= definitions.annual_wages as is_success
from {{ ref('int_graduate_wages') }} as graduates
{{ join_definitions('graduates') }}
where graduates.n_years = definitions.n_years and graduates.n_quarters > 0
