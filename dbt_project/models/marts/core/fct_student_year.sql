{% set flags = {
    'economic_disadvantage': 'is_economically_disadvantaged',
    'english_learner': 'is_english_learner',
    'disability': 'has_disability',
    'homelessness': 'is_homeless',
    'foster_care': 'is_in_foster_care',
    'migrant': 'is_migrant',
    'military_connected': 'is_military_connected',
} %}

select
    places.community_id,
    places.person_id,
    places.school_year,
    places.collection,
    places.organization_id,
    places.partner_id,
    places.grade_level,
    coalesce(demographics.race_ethnicity, dim_person.race_ethnicity, 'unknown') as race_ethnicity,
    coalesce(demographics.gender, dim_person.gender, 'unknown') as gender,
    {% for name, flag in flags.items() %}
        case statuses.{{ flag }} when true then 'yes' when false then 'no' else 'unknown' end as {{ name }},
    {% endfor %}
    {{ circumstance_attributes('statuses.is_homeless', 'dim_person.birth_year') }},
    coalesce(demographics.home_language, dim_person.home_language, 'unknown') as home_language,
    {{ race_attributes('coalesce(demographics.races, dim_person.races)') }},
    coalesce(demographics.neighborhood, 'unknown') as neighborhood,
    demographics.zip_code,
    demographics.tract_id,
    places.is_enrolled,
    places.n_schools,
    places.days_enrolled,
    places.days_absent
from {{ ref('int_accountable_schools') }} as places
left join {{ ref('int_student_year_demographics') }} as demographics
    on
        places.community_id = demographics.community_id
        and places.person_id = demographics.person_id
        and places.school_year = demographics.school_year
        and places.collection = demographics.collection
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
{{ join_circumstances('places') }}
