{{ config(materialized = 'view') }}

{% set flags = [
    'is_economically_disadvantaged', 'is_english_learner', 'has_disability', 'is_homeless', 'is_in_foster_care',
    'is_migrant', 'is_military_connected',
] %}

{% set key = ['community_id', 'person_id', 'school_year', 'collection'] %}

with told as (

    select
        {{ key | join(', ') }},
        {{ row_hash(key) }} as key_hash,
        {% for flag in flags %}
            case when {{ flag }} is not null then {{ flag }} and is_in_school_year end
                as {{ flag }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('stg_student_status') }}

),

-- hardly any: to put the flags of all together would take twice as long
told_twice as (

    select key_hash
    from told
    group by key_hash
    having count(*) > 1

),

reported as (

    select
        {{ key | join(', ') }},
        {{ flags | join(', ') }}
    from told
    where key_hash not in (select told_twice.key_hash from told_twice)
    union all
    select
        {{ key | join(', ') }},
        {% for flag in flags %}
            bool_or({{ flag }}) as {{ flag }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from told
    where key_hash in (select told_twice.key_hash from told_twice)
    group by {{ key | join(', ') }}

),

-- an interim collection may come before the year's statuses are certified: last year's stand until then
interim_places as (

    select
        places.community_id,
        places.person_id,
        places.school_year,
        places.collection,
        {% for flag in flags %}
            last_year.{{ flag }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_accountable_schools') }} as places
    inner join reported as last_year
        on
            places.community_id = last_year.community_id
            and places.person_id = last_year.person_id
            and places.school_year - 1 = last_year.school_year
    where places.collection <> 'annual' and last_year.collection = 'annual'

)

select
    coalesce(reported.community_id, interim_places.community_id) as community_id,
    coalesce(reported.person_id, interim_places.person_id) as person_id,
    coalesce(reported.school_year, interim_places.school_year) as school_year,
    coalesce(reported.collection, interim_places.collection) as collection,
    {% for flag in flags %}
        coalesce(reported.{{ flag }}, interim_places.{{ flag }}) as {{ flag }}{% if not loop.last %},{% endif %}
    {% endfor %}
from reported
full outer join interim_places
    on
        reported.community_id = interim_places.community_id
        and reported.person_id = interim_places.person_id
        and reported.school_year = interim_places.school_year
        and reported.collection = interim_places.collection
