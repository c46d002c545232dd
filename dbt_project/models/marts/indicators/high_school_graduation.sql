with definitions as (

    {{ definitions('high_school_graduation', {'years': 'integer'}) }}

),

cohorts as (

    select
        *,
        cohort_year as school_year,
        'annual' as collection
    from {{ ref('int_graduation_cohorts') }}
    where outcome <> 'removed'

)

select
    cohorts.community_id,
    cohorts.person_id,
    cohorts.school_year,
    cohorts.collection,
    cohorts.organization_id,
    'high_school_graduation' as indicator_id,
    definitions.definition_version,
    cohorts.outcome = 'graduated' as is_success
from cohorts
{{ join_definitions('cohorts') }}
where cohorts.n_years = definitions.years
