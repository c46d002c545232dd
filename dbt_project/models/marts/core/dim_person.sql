with reported as (

    select
        community_id,
        person_id,
        -- later years before earlier ones, a year's annual collection before its interim ones
        school_year * 2 + case when collection = 'annual' then 1 else 0 end as recency,
        birth_year,
        gender,
        race_ethnicity,
        school_year
    from {{ ref('int_student_year_demographics') }}

)

select
    community_id,
    person_id,
    cast(max_by(birth_year, recency) filter (where birth_year is not null) as integer) as birth_year,
    coalesce(max_by(gender, recency) filter (where gender is not null), 'unknown') as gender,
    coalesce(max_by(race_ethnicity, recency) filter (where race_ethnicity is not null), 'unknown') as race_ethnicity,
    min(school_year) as first_school_year,
    max(school_year) as last_school_year
from reported
group by community_id, person_id
