{# Children whom a health partner of theirs knows in a school year: its patients, or those whom its registry covers, with their
   birth dates, which are read in the lake and are not to leave the model that asks. A kind of screening of which a partner
   tells nobody's in a year is one that it does not tell of then. One row per community, person and school year. #}
{% macro patients() %}
with told as (

    select
        community_id,
        partner_id,
        {{ school_year_of('screened_date') }} as school_year,
        bool_or(screening_type = 'developmental') as tells_development,
        bool_or(screening_type = 'lead') as tells_lead,
        bool_or(screening_type = 'well_child_visit') as tells_visits
    from {{ ref('fct_screening') }}
    group by all

),

first_dates as (

    select
        community_id,
        partner_id,
        min(screened_date) filter (where screening_type = 'developmental') as first_development_date,
        min(screened_date) filter (where screening_type = 'lead') as first_lead_date
    from {{ ref('fct_screening') }}
    group by community_id, partner_id

),

known as (

    select
        persons.community_id,
        persons.person_id,
        persons.school_year,
        bool_or(told.tells_development) as tells_development,
        bool_or(told.tells_lead) as tells_lead,
        bool_or(told.tells_visits) as tells_visits,
        {{ first_day_of('(' ~ school_year_of('min(first_dates.first_development_date)') ~ ')') }} as development_told_from,
        {{ first_day_of('(' ~ school_year_of('min(first_dates.first_lead_date)') ~ ')') }} as lead_told_from
    from {{ ref('stg_person') }} as persons
    inner join told
        on
            persons.community_id = told.community_id
            and persons.partner_id = told.partner_id
            and persons.school_year = told.school_year
    inner join first_dates
        on
            persons.community_id = first_dates.community_id
            and persons.partner_id = first_dates.partner_id
    where persons.collection = 'annual'
    group by persons.community_id, persons.person_id, persons.school_year

),

born as (

    {{ birth_dates('known') }}

)

select
    known.community_id,
    known.person_id,
    known.school_year,
    'annual' as collection,
    born.birth_date,
    known.tells_development,
    known.tells_lead,
    known.tells_visits,
    known.development_told_from,
    known.lead_told_from
from known
inner join born on known.person_id = born.person_id
{% endmacro %}
