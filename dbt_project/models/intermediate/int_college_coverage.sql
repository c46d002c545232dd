-- what college files can tell of a graduate: a class's fall, its first year and its second fall, each once it is over
with told as (

    select
        community_id,
        max(enrollment_begin_date) as last_begin_date
    from {{ ref('fct_postsecondary_enrollment') }}
    group by community_id

),

-- the last day on which college files came
received as (

    select
        community_id,
        max(received_date) as last_received_date
    from {{ ref('stg_received') }}
    where entity = 'postsecondary_enrollment' and is_in_force
    group by community_id

),

-- a period counts as told if some enrollment began from told_from on, and a file came after its last day
periods (period, years_later, from_month, from_day, last_years_later, last_month, last_day) as (

    values
    ('fall', 0, 8, 15, 0, 10, 31),
    ('year', 1, 1, 1, 1, 6, 30),
    ('second_fall', 1, 8, 15, 1, 10, 31)

),

graduate_periods as (

    select
        graduates.community_id,
        graduates.person_id,
        graduates.school_year,
        periods.period,
        make_date(graduates.school_year + periods.years_later, periods.from_month, periods.from_day) as told_from,
        make_date(graduates.school_year + periods.last_years_later, periods.last_month, periods.last_day) as last_day,
        -- who is searched for from a later day on may have been there and gone
        make_date(graduates.school_year + case when periods.period = 'second_fall' then 1 else 0 end, 10, 31)
            as last_search_date
    from {{ ref('int_graduates') }} as graduates
    cross join periods

),

-- who was asked for by name from a day of the fall or earlier on, in a file that came when the period was over; without
-- a day, from any
answers as (

    select distinct
        graduate_periods.community_id,
        graduate_periods.person_id,
        graduate_periods.period
    from graduate_periods
    inner join {{ ref('nsc__search') }} as searches
        on
            graduate_periods.community_id = searches.community_id
            and graduate_periods.person_id = searches.person_id
            and graduate_periods.last_day < searches.received_date
    where graduate_periods.last_search_date >= searches.search_date or searches.search_date is null

),

-- where colleges are asked by name, whoever was not asked for cannot be found
answered as (

    select
        graduate_periods.*,
        coalesce(told.last_begin_date >= graduate_periods.told_from, false)
        and coalesce(received.last_received_date > graduate_periods.last_day, false)
        and (
            answers.person_id is not null
            or graduate_periods.community_id not in (select asking.community_id from {{ ref('nsc__search') }} as asking)
        ) as is_told
    from graduate_periods
    left join told
        on graduate_periods.community_id = told.community_id
    left join received
        on graduate_periods.community_id = received.community_id
    left join answers
        on
            graduate_periods.community_id = answers.community_id
            and graduate_periods.person_id = answers.person_id
            and graduate_periods.period = answers.period

)

select
    community_id,
    person_id,
    school_year,
    bool_and(is_told) filter (where period = 'fall') as is_fall_told,
    bool_and(is_told) filter (where period = 'year') as is_year_told,
    bool_and(is_told) filter (where period = 'second_fall') as is_second_fall_told
from answered
group by community_id, person_id, school_year
