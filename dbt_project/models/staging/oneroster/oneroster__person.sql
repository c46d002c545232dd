{% set races = {
    'american_indian_or_alaska_native': 'american_indian_or_alaska_native',
    'asian': 'asian',
    'black_or_african_american': 'black_or_african_american',
    'native_hawaiian_or_other_pacific_islander': 'native_hawaiian_or_pacific_islander',
    'white': 'white',
} %}

with students as (

    select registered.*
    from {{ ref('oneroster__user') }} as registered
    semi join {{ ref('oneroster__student_schools') }} as schooled
        on
            {{ same_delivery('registered', 'schooled') }}
            and registered.sourced_id = schooled.student_id

),

told as (

    select
        *,
        concat_ws(
            ';',
            {% for flag, code in races.items() %}
                case when {{ flag }} then '{{ code }}' end{% if not loop.last %},{% endif %}
            {% endfor %}
        ) as races
    from {{ source('raw', 'oneroster_demographics') }}
    where {{ is_not_deleted() }}

)

select
    students.community_id,
    students.partner_id,
    students.extract_id,
    students.school_year,
    students.collection,
    students.sourced_id as student_id,
    -- a user id is written {type:id}; the type of a state's number has no one name
    nullif(
        trim(regexp_extract(
            students.user_ids, '(?i)\{\s*(?:state|state_?id|ssid|state_?student_?id)\s*:\s*([^}]+)\}', 1
        )), ''
    ) as state_student_id,
    cast(null as varchar) as replaced_by_student_id,
    students.given_name as first_name,
    students.middle_name,
    students.family_name as last_name,
    told.birth_date,
    lower(told.sex) as gender,
    case
        when told.two_or_more_races and told.races not like '%;%' then 'two_or_more_races'
        when told.races <> '' then told.races
    end as race_ethnicity,
    case
        when told.hispanic_or_latino_ethnicity then 'yes'
        when not told.hispanic_or_latino_ethnicity then 'no'
    end as hispanic_ethnicity,
    cast(null as varchar) as home_language,
    cast(null as varchar) as address,
    cast(null as varchar) as zip_code,
    cast(null as varchar) as tract_id,
    cast(null as bigint) as birth_year,
    cast(null as varchar) as clk,
    cast(null as varchar) as clk_version,
    cast(null as varchar) as hashed_national_id,
    students._load_id,
    students._source_file,
    students._row_number
from students
left join told
    on
        {{ same_delivery('students', 'told') }}
        and students.sourced_id = told.sourced_id
