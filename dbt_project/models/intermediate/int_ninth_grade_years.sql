with ninth_graders as (

    select
        *,
        min(school_year) over (partition by community_id, person_id) as first_ninth_year
    from {{ ref('fct_student_year') }}
    where grade_level = '09' and collection = 'annual'

),

first_time as (

    select *
    from ninth_graders
    where school_year = first_ninth_year

),

-- a mark told twice, by two ids of one child or two extracts, counts once
course_marks as (

    select
        first_time.community_id,
        first_time.person_id,
        course_mark.partner_id,
        course_mark.course_id,
        course_mark.term,
        min(course_mark.subject_area) as subject_area,
        min(course_mark.mark) as mark,
        max(course_mark.credits_attempted) as credits_attempted,
        max(course_mark.credits_earned) as credits_earned
    from first_time
    inner join {{ ref('fct_course_mark') }} as course_mark
        on
            first_time.community_id = course_mark.community_id
            and first_time.person_id = course_mark.person_id
            and first_time.school_year = course_mark.school_year
            and first_time.collection = course_mark.collection
    group by all

),

marks as (

    select
        course_mark.community_id,
        course_mark.person_id,
        sum(course_mark.credits_earned) as credits_earned,
        count(*) filter (
            where
            course_mark.mark in ('f', 'fail')
            and course_mark.subject_area in ('english', 'math', 'science', 'social_studies')
        ) as n_core_failures,
        count(*) filter (
            where course_mark.mark in ('d', 'f', 'fail') and course_mark.subject_area in ('english', 'math')
        ) as n_low_marks,
        sum(points.grade_points * coalesce(course_mark.credits_attempted, 1)) as quality_points,
        sum(coalesce(course_mark.credits_attempted, 1)) filter (
            where points.grade_points is not null
        ) as graded_credits
    from course_marks as course_mark
    left join {{ ref('mark') }} as points
        on course_mark.mark = points.code
    group by course_mark.community_id, course_mark.person_id

),

removals as (

    select
        community_id,
        person_id,
        school_year,
        count(*) as n_removals
    from {{ ref('fct_discipline') }}
    where
        collection = 'annual'
        and action_code in ('in_school_suspension', 'out_of_school_suspension', 'expulsion')
    group by community_id, person_id, school_year

)

select
    first_time.community_id,
    first_time.person_id,
    first_time.school_year,
    first_time.collection,
    first_time.organization_id,
    -- unknown, not none, where the partner sends no credits
    marks.credits_earned,
    marks.n_core_failures,
    marks.n_low_marks,
    marks.quality_points,
    marks.graded_credits,
    first_time.days_enrolled,
    first_time.days_absent,
    -- unknown, not none, where the partner reported no discipline
    case when coverage.partner_id is not null then coalesce(removals.n_removals, 0) end as n_removals
from first_time
inner join marks
    on first_time.community_id = marks.community_id and first_time.person_id = marks.person_id
left join removals
    on
        first_time.community_id = removals.community_id
        and first_time.person_id = removals.person_id
        and first_time.school_year = removals.school_year
left join {{ ref('int_discipline_coverage') }} as coverage
    on
        first_time.community_id = coverage.community_id
        and first_time.partner_id = coverage.partner_id
        and first_time.school_year = coverage.school_year
        and first_time.collection = coverage.collection
