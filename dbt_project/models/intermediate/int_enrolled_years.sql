{% set key = ['community_id', 'person_id', 'school_year', 'collection'] %}

with schools as (

    select
        *,
        {{ row_hash(key) }} as key_hash
    from {{ ref('int_student_schools') }}

),

-- the few children with more than one school in a year; the others need no arithmetic
movers as (

    select key_hash
    from schools
    group by key_hash
    having count(*) > 1

),

moves as (

    select
        *,
        cast(count(*) over children as integer) as n_schools,
        sum(attendance_days) over children as days_enrolled,
        sum(days_absent) over children as all_days_absent,
        max(latest_grade) over children as latest_grade_anywhere,
        count(attendance_days) over children > 0 as has_attendance
    from schools
    where key_hash in (select movers.key_hash from movers)
    window children as (partition by {{ key | join(', ') }})

),

student_years as (

    select
        {{ key | join(', ') }},
        organization_id,
        partner_id,
        latest_grade,
        1 as n_schools,
        attendance_days as days_enrolled,
        days_absent
    from schools
    where key_hash not in (select movers.key_hash from movers)
    union all
    -- none that is second to another of the same time; most days, then the latest entry, then the lowest school id
    select
        {{ key | join(', ') }},
        organization_id,
        partner_id,
        coalesce(latest_grade, latest_grade_anywhere) as latest_grade,
        n_schools,
        days_enrolled,
        all_days_absent as days_absent
    from moves
    qualify
        row_number() over (
            partition by {{ key | join(', ') }}
            order by
                coalesce(is_primary, true) desc,
                case when has_attendance then attendance_days else days_spanned end desc nulls last,
                latest_entry_date desc nulls last,
                organization_id asc
        ) = 1

)

select
    student_years.community_id,
    student_years.person_id,
    student_years.school_year,
    student_years.collection,
    student_years.organization_id,
    student_years.partner_id,
    grade_levels.code as grade_level,
    student_years.n_schools,
    cast(student_years.days_enrolled as decimal(18, 4)) as days_enrolled,
    cast(student_years.days_absent as decimal(18, 4)) as days_absent
from student_years
left join {{ ref('grade_level') }} as grade_levels on student_years.latest_grade % 100 = grade_levels.sort_order
