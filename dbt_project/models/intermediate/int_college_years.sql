-- what is known of a graduate at each later date: told up to the last day on which college files came
with received as (

    select
        community_id,
        max(received_date) as last_received_date
    from {{ ref('stg_received') }}
    where entity = 'postsecondary_enrollment' and is_in_force
    group by community_id

),

spells as (

    select distinct
        community_id,
        person_id,
        college_code,
        enrollment_begin_date,
        coalesce(enrollment_end_date, enrollment_begin_date) as enrollment_end_date
    from {{ ref('fct_postsecondary_enrollment') }}

),

told as (

    select
        spells.community_id,
        least(max(spells.enrollment_begin_date), any_value(received.last_received_date)) as told_until_date
    from spells
    inner join received on spells.community_id = received.community_id
    group by spells.community_id

),

awards as (

    select
        community_id,
        person_id,
        min(award_date) filter (
            where award_level in ('certificate', 'associate', 'bachelor', 'master', 'doctoral')
        ) as first_award_date,
        min(award_date) filter (where award_level in ('associate', 'bachelor', 'master', 'doctoral'))
            as first_degree_date
    from {{ ref('fct_postsecondary_award') }}
    where award_date is not null
    group by community_id, person_id

),

-- college begins after high school: what was over by then are courses for dual credit
entries as (

    select
        spells.community_id,
        spells.person_id,
        min(spells.enrollment_begin_date) as first_begin_date
    from spells
    inner join {{ ref('int_graduates') }} as graduates
        on spells.community_id = graduates.community_id and spells.person_id = graduates.person_id
    where spells.enrollment_end_date >= make_date(graduates.school_year, 7, 1)
    group by spells.community_id, spells.person_id

)

select
    graduates.community_id,
    graduates.person_id,
    graduates.school_year,
    graduates.collection,
    graduates.organization_id,
    told.told_until_date,
    entries.first_begin_date,
    awards.first_award_date,
    awards.first_degree_date,
    -- in the fall after high school, and in the fall a year later
    coalesce(bool_or(
        spells.enrollment_begin_date <= make_date(graduates.school_year, 10, 31)
        and spells.enrollment_end_date >= make_date(graduates.school_year, 8, 15)
    ), false) as is_enrolled_in_first_fall,
    coalesce(bool_or(
        spells.enrollment_begin_date <= make_date(graduates.school_year + 1, 10, 31)
        and spells.enrollment_end_date >= make_date(graduates.school_year + 1, 8, 15)
    ), false) as is_enrolled_in_second_fall
from {{ ref('int_graduates') }} as graduates
inner join told on graduates.community_id = told.community_id
left join entries
    on graduates.community_id = entries.community_id and graduates.person_id = entries.person_id
left join awards
    on graduates.community_id = awards.community_id and graduates.person_id = awards.person_id
left join spells
    on graduates.community_id = spells.community_id and graduates.person_id = spells.person_id
group by all
