with definitions as (

    {{ definitions('kindergarten_readiness_coverage') }}

),

-- a year of which nobody sent results says nothing of who was tested
tested_years as (

    select distinct
        community_id,
        school_year,
        collection
    from {{ ref('int_readiness_results') }}

)

select
    children.community_id,
    children.person_id,
    children.school_year,
    children.collection,
    children.organization_id,
    'kindergarten_readiness_coverage' as indicator_id,
    definitions.definition_version,
    results.person_id is not null as is_success
from {{ ref('int_kindergartners') }} as children
{{ join_definitions('children') }}
inner join tested_years
    on
        children.community_id = tested_years.community_id
        and children.school_year = tested_years.school_year
        and children.collection = tested_years.collection
left join {{ ref('int_readiness_results') }} as results
    on
        children.community_id = results.community_id
        and children.person_id = results.person_id
        and children.school_year = results.school_year
        and children.collection = results.collection
