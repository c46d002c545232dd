-- the first diploma of a child fixes its fall: 15 August to 31 October of the year its school year ends in
with graduates as (

    select
        community_id,
        person_id,
        min(school_year) as graduation_school_year
    from {{ ref('fct_diploma') }}
    where collection = 'annual' and diploma_type in ('regular', 'alternative', 'equivalency')
    group by community_id, person_id

),

spells as (

    select
        community_id,
        person_id,
        college_code,
        enrollment_status,
        enrollment_begin_date,
        coalesce(enrollment_end_date, enrollment_begin_date) as enrollment_end_date
    from {{ ref('fct_postsecondary_enrollment') }}

),

-- a community whose college files tell of nobody in a fall or later has not looked yet
told as (

    select
        community_id,
        max(enrollment_begin_date) as last_begin_date
    from spells
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

falls as (

    select
        community_id,
        person_id,
        graduation_school_year,
        make_date(graduation_school_year, 8, 15) as first_day,
        make_date(graduation_school_year, 10, 31) as last_day
    from graduates

),

-- who was asked for by name from a day of the fall or earlier on, in a file that came after it; without a day, from any
answers as (

    select distinct
        falls.community_id,
        falls.person_id
    from falls
    inner join {{ ref('nsc__search') }} as searches
        on
            falls.community_id = searches.community_id
            and falls.person_id = searches.person_id
            and falls.last_day < searches.received_date
    where falls.last_day >= searches.search_date or searches.search_date is null

),

-- where colleges are asked by name, whoever was not asked for cannot be found; an answer before the fall is over may
-- have missed who is there
answered as (

    select
        falls.*,
        coalesce(told.last_begin_date >= falls.first_day, false)
        and coalesce(received.last_received_date > falls.last_day, false)
        and (
            answers.person_id is not null
            or falls.community_id not in (select asking.community_id from {{ ref('nsc__search') }} as asking)
        ) as is_told
    from falls
    left join told
        on falls.community_id = told.community_id
    left join received
        on falls.community_id = received.community_id
    left join answers
        on
            falls.community_id = answers.community_id
            and falls.person_id = answers.person_id

)

select
    answered.community_id,
    answered.person_id,
    answered.graduation_school_year,
    case
        when count(spells.college_code) > 0 then true
        when bool_and(answered.is_told) then false
    end as is_enrolled_in_fall,
    min_by(spells.college_code, (spells.enrollment_begin_date, spells.college_code)) as college_code,
    min_by(spells.enrollment_status, (spells.enrollment_begin_date, spells.college_code)) as enrollment_status
from answered
left join spells
    on
        answered.community_id = spells.community_id
        and answered.person_id = spells.person_id
        and answered.last_day >= spells.enrollment_begin_date
        and answered.first_day <= spells.enrollment_end_date
group by answered.community_id, answered.person_id, answered.graduation_school_year
