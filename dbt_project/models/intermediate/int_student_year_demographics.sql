{% set key = ['community_id', 'person_id', 'school_year', 'collection'] %}

-- what is unknown or unmapped decides nothing; NULL here is for a later fallback
with reported as (

    select
        {{ key | map('replace', '', 'persons.', 1) | join(', ') }},
        {{ row_hash(key | map('replace', '', 'persons.', 1) | list) }} as key_hash,
        persons.partner_id,
        case when persons.gender not in ('unknown', 'unmapped') then persons.gender end as gender,
        case
            when persons.race_ethnicity not in ('unknown', 'unmapped') then persons.race_ethnicity
        end as race_ethnicity,
        cast(persons.birth_year as integer) as birth_year,
        case when persons.home_language not in ('unknown', 'unmapped') then persons.home_language end as home_language,
        persons.races,
        -- text that is no code would be published as a place, be it an address in a shifted column
        coalesce(
            later_zip.geography_id,
            case
                when regexp_full_match(left(trim(persons.zip_code), 5), '[0-9]{5}') then left(trim(persons.zip_code), 5)
            end
        ) as zip_code,
        coalesce(
            later_tract.geography_id,
            case when regexp_full_match(trim(persons.tract_id), '[0-9]{11}') then trim(persons.tract_id) end
        ) as tract_id
    from {{ ref('stg_person') }} as persons
    {{ join_later_code('persons', 'zip', 'left(trim(persons.zip_code), 5)') }}
    {{ join_later_code('persons', 'tract', 'trim(persons.tract_id)') }}

),

several as (

    select key_hash
    from reported
    group by key_hash
    having count(*) > 1

),

agreed as (

    select
        {{ key | join(', ') }},
        gender,
        race_ethnicity,
        birth_year,
        home_language,
        races,
        zip_code,
        tract_id
    from reported
    where key_hash not in (select several.key_hash from several)
    union all
    select
        {% for column in key %}
            reported.{{ column }},
        {% endfor %}
        -- partners that disagree: the accountable school's partner decides, else the first in the alphabet of values
        coalesce(
            min(reported.gender) filter (where reported.partner_id = places.partner_id), min(reported.gender)
        ) as gender,
        coalesce(
            min(reported.race_ethnicity) filter (where reported.partner_id = places.partner_id),
            min(reported.race_ethnicity)
        ) as race_ethnicity,
        min(reported.birth_year) as birth_year,
        {% for column in ['home_language', 'races', 'zip_code', 'tract_id'] %}
            coalesce(
                min(reported.{{ column }}) filter (where reported.partner_id = places.partner_id),
                min(reported.{{ column }})
            ) as {{ column }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from reported
    left join {{ ref('int_accountable_schools') }} as places
        using ({{ key | join(', ') }})
    where reported.key_hash in (select several.key_hash from several)
    group by all

)

-- a tract is in one neighborhood; a ZIP code stands for homes whose tract is not told or not listed
select
    agreed.*,
    coalesce(by_tract.neighborhood, by_zip.neighborhood) as neighborhood
from agreed
{% for level, column in {'tract': 'tract_id', 'zip': 'zip_code'}.items() %}
    left join {{ source('reference', 'neighborhoods') }} as by_{{ level }}
        on
            by_{{ level }}.geography_level = '{{ level }}'
            and agreed.community_id = by_{{ level }}.community_id
            and agreed.{{ column }} = by_{{ level }}.geography_id
{% endfor %}
