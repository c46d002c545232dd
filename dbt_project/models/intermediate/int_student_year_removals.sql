{{ config(materialized = 'view') }}

-- `n_...` is known for sure, `most_...` what it is at most where a code is unmapped; unknown where nobody reports
with actions as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        count(*) filter (
            where action_code in ('in_school_suspension', 'out_of_school_suspension', 'expulsion')
        ) as n_removals,
        count(*) filter (where coalesce(action_code, 'unmapped') <> 'other') as most_removals
    from {{ ref('fct_discipline') }}
    group by community_id, person_id, school_year, collection

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    coalesce(actions.n_removals, 0) as n_removals,
    case when coverage.partner_id is not null then coalesce(actions.most_removals, 0) end as most_removals,
    attendance.partner_id is not null as is_attendance_reported
from {{ ref('fct_student_year') }} as students
left join actions
    on
        students.community_id = actions.community_id
        and students.person_id = actions.person_id
        and students.school_year = actions.school_year
        and students.collection = actions.collection
left join {{ ref('int_discipline_coverage') }} as coverage
    on
        students.community_id = coverage.community_id
        and students.partner_id = coverage.partner_id
        and students.school_year = coverage.school_year
        and students.collection = coverage.collection
left join {{ ref('int_attendance_coverage') }} as attendance
    on
        students.community_id = attendance.community_id
        and students.partner_id = attendance.partner_id
        and students.school_year = attendance.school_year
        and students.collection = attendance.collection
