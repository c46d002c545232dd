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

-- who was asked for from which day on; a search without a day is one for all
searched as (

    select
        community_id,
        person_id,
        min(coalesce(search_date, date '0001-01-01')) as first_search_date
    from {{ ref('nsc__search') }}
    group by community_id, person_id

),

falls as (

    select
        graduates.community_id,
        graduates.person_id,
        graduates.graduation_school_year,
        make_date(graduates.graduation_school_year, 8, 15) as first_day,
        make_date(graduates.graduation_school_year, 10, 31) as last_day,
        -- where colleges are asked by name, whoever was not asked for cannot be found
        coalesce(told.last_begin_date >= make_date(graduates.graduation_school_year, 8, 15), false)
        and (
            graduates.community_id not in (select asking.community_id from searched as asking)
            or coalesce(searched.first_search_date <= make_date(graduates.graduation_school_year, 10, 31), false)
        ) as is_told
    from graduates
    left join told
        on graduates.community_id = told.community_id
    left join searched
        on
            graduates.community_id = searched.community_id
            and graduates.person_id = searched.person_id

)

select
    falls.community_id,
    falls.person_id,
    falls.graduation_school_year,
    case
        when count(spells.college_code) > 0 then true
        when bool_and(falls.is_told) then false
    end as is_enrolled_in_fall,
    min_by(spells.college_code, (spells.enrollment_begin_date, spells.college_code)) as college_code,
    min_by(spells.enrollment_status, (spells.enrollment_begin_date, spells.college_code)) as enrollment_status
from falls
left join spells
    on
        falls.community_id = spells.community_id
        and falls.person_id = spells.person_id
        and falls.last_day >= spells.enrollment_begin_date
        and falls.first_day <= spells.enrollment_end_date
group by falls.community_id, falls.person_id, falls.graduation_school_year
