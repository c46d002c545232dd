with definitions as (

    {{ definitions('industry_credential') }}

),

-- the school years whose files tell of credentials at all: other classes have no value, whatever the date of an award
told as (

    select distinct
        community_id,
        school_year
    from {{ ref('fct_postsecondary_award') }}
    where award_level = 'industry_credential'

),

credentials as (

    select
        community_id,
        person_id,
        min(award_date) as first_award_date
    from {{ ref('fct_postsecondary_award') }}
    where award_level = 'industry_credential'
    group by community_id, person_id

)

select
    graduates.community_id,
    graduates.person_id,
    graduates.school_year,
    graduates.collection,
    graduates.organization_id,
    'industry_credential' as indicator_id,
    definitions.definition_version,
    credentials.person_id is not null as is_success
from {{ ref('int_graduates') }} as graduates
{{ join_definitions('graduates') }}
inner join told
    on graduates.community_id = told.community_id and graduates.school_year = told.school_year
left join credentials
    on
        graduates.community_id = credentials.community_id
        and graduates.person_id = credentials.person_id
        and credentials.first_award_date <= make_date(graduates.school_year, 8, 31)
