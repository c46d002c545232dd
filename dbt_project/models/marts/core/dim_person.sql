with reported as (

    select
        demographics.community_id,
        demographics.person_id,
        -- later years before earlier ones, in a year the annual collection, then the last of the interim ones
        demographics.school_year * 1000
        + case when demographics.collection = 'annual' then 999 else coalesce(collections.sort_order, 0) end as recency,
        demographics.birth_year,
        demographics.gender,
        demographics.race_ethnicity,
        demographics.home_language,
        demographics.races,
        demographics.school_year
    from {{ ref('int_student_year_demographics') }} as demographics
    left join {{ source('reference', 'collections') }} as collections
        on
            demographics.community_id = collections.community_id
            and demographics.collection = collections.collection

)

select
    community_id,
    person_id,
    cast(max_by(birth_year, recency) filter (where birth_year is not null) as integer) as birth_year,
    coalesce(max_by(gender, recency) filter (where gender is not null), 'unknown') as gender,
    coalesce(max_by(race_ethnicity, recency) filter (where race_ethnicity is not null), 'unknown') as race_ethnicity,
    coalesce(max_by(home_language, recency) filter (where home_language is not null), 'unknown') as home_language,
    max_by(races, recency) filter (where races is not null) as races,
    min(school_year) as first_school_year,
    max(school_year) as last_school_year
from reported
group by community_id, person_id
