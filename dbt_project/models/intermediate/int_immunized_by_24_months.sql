-- a child counts in the school year of its second birthday; the day itself stays in the lake
with series as (

    select * from {{ ref('int_immunization_series') }}
    -- where nobody tells of the two years from end to end, a series is found complete sooner than incomplete
    where is_up_to_date_24m is not null and is_told

),

born as (

    {{ birth_dates('series') }}

)

select
    series.community_id,
    series.person_id,
    cast({{ school_year_of(years_after('born.birth_date', 2)) }} as integer) as school_year,
    'annual' as collection,
    series.is_up_to_date_24m
from series
inner join born on series.person_id = born.person_id
