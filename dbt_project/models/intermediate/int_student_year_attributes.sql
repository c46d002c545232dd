{% set flags = {
    'economic_disadvantage': 'is_economically_disadvantaged',
    'english_learner': 'is_english_learner',
    'disability': 'has_disability',
    'homelessness': 'is_homeless',
    'foster_care': 'is_in_foster_care',
    'migrant': 'is_migrant',
    'military_connected': 'is_military_connected',
} %}

with reported as (

    select
        person.community_id,
        person.person_id,
        person.school_year,
        person.collection,
        -- partners that disagree: the accountable school's partner decides, else the first in the alphabet
        coalesce(
            max(person.gender) filter (
                where person.partner_id = places.partner_id and person.gender not in ('unknown', 'unmapped')
            ),
            min(person.gender) filter (where person.gender not in ('unknown', 'unmapped'))
        ) as gender,
        coalesce(
            max(person.race_ethnicity) filter (
                where person.partner_id = places.partner_id and person.race_ethnicity not in ('unknown', 'unmapped')
            ),
            min(person.race_ethnicity) filter (where person.race_ethnicity not in ('unknown', 'unmapped'))
        ) as race_ethnicity
    from {{ ref('stg_person') }} as person
    inner join {{ ref('int_accountable_schools') }} as places
        on
            person.community_id = places.community_id
            and person.person_id = places.person_id
            and person.school_year = places.school_year
            and person.collection = places.collection
    group by person.community_id, person.person_id, person.school_year, person.collection

),

-- an interim collection comes before the year's statuses are certified: last year's stand until then
last_year as (

    select
        places.community_id,
        places.person_id,
        places.school_year,
        places.collection,
        {% for flag in flags.values() %}
            statuses.{{ flag }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_accountable_schools') }} as places
    inner join {{ ref('int_student_year_statuses') }} as statuses
        on
            places.community_id = statuses.community_id
            and places.person_id = statuses.person_id
            and places.school_year - 1 = statuses.school_year
    where places.collection <> 'annual' and statuses.collection = 'annual'

)

select
    places.community_id,
    places.person_id,
    places.school_year,
    places.collection,
    coalesce(reported.race_ethnicity, dim_person.race_ethnicity, 'unknown') as race_ethnicity,
    coalesce(reported.gender, dim_person.gender, 'unknown') as gender,
    {% for name, flag in flags.items() %}
        case coalesce(statuses.{{ flag }}, last_year.{{ flag }})
            when true then 'yes'
            when false then 'no'
            else 'unknown'
        end as {{ name }}{% if not loop.last %},{% endif %}
    {% endfor %}
from {{ ref('int_accountable_schools') }} as places
left join reported
    on
        places.community_id = reported.community_id
        and places.person_id = reported.person_id
        and places.school_year = reported.school_year
        and places.collection = reported.collection
left join {{ ref('dim_person') }} as dim_person
    on
        places.community_id = dim_person.community_id
        and places.person_id = dim_person.person_id
left join {{ ref('int_student_year_statuses') }} as statuses
    on
        places.community_id = statuses.community_id
        and places.person_id = statuses.person_id
        and places.school_year = statuses.school_year
        and places.collection = statuses.collection
left join last_year
    on
        places.community_id = last_year.community_id
        and places.person_id = last_year.person_id
        and places.school_year = last_year.school_year
        and places.collection = last_year.collection
