-- the first diploma of a child fixes its fall: 15 August to 31 October of the year its school year ends in
with spells as (

    select
        community_id,
        person_id,
        college_code,
        enrollment_status,
        enrollment_begin_date,
        coalesce(enrollment_end_date, enrollment_begin_date) as enrollment_end_date
    from {{ ref('fct_postsecondary_enrollment') }}

)

select
    graduates.community_id,
    graduates.person_id,
    graduates.school_year as graduation_school_year,
    -- a yes waits as a no does: who is found early would be all that there is
    case when bool_and(graduates.is_fall_told) then count(spells.college_code) > 0 end as is_enrolled_in_fall,
    min_by(spells.college_code, (spells.enrollment_begin_date, spells.college_code)) as college_code,
    min_by(spells.enrollment_status, (spells.enrollment_begin_date, spells.college_code)) as enrollment_status
from {{ ref('int_college_coverage') }} as graduates
left join spells
    on
        graduates.community_id = spells.community_id
        and graduates.person_id = spells.person_id
        and make_date(graduates.school_year, 10, 31) >= spells.enrollment_begin_date
        and make_date(graduates.school_year, 8, 15) <= spells.enrollment_end_date
group by graduates.community_id, graduates.person_id, graduates.school_year
