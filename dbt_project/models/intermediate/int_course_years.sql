{% set failed = "course_mark.mark in ('f', 'fail')" %}
{% set low = "course_mark.mark in ('d', 'f', 'fail')" %}
{% set core = "course_mark.subject_area in ('english', 'math', 'science', 'social_studies')" %}
{% set basic = "course_mark.subject_area in ('english', 'math')" %}
{% set points = "decimal(18, 4)" %}
{% set weight = "coalesce(course_mark.credits_attempted, 1)" %}
{# credits that nobody told are none where the course was not passed, and no more than it was worth elsewhere #}
{% set most_credits %}
case
                    when course_mark.mark in ('f', 'fail', 'incomplete', 'withdrawn') then 0
                    else course_mark.credits_attempted
                end
{%- endset %}

-- students of the grades in which marks count, and whether it is their first year in the grade
with students as (

    select
        *,
        school_year = min(school_year) over (partition by community_id, person_id, grade_level) as is_first_time
    from {{ ref('fct_student_year') }}
    where grade_level in ('06', '07', '08', '09', '10', '11', '12') and collection = 'annual'

),

best_mark as (

    select max(grade_points) as grade_points
    from {{ ref('mark') }}

),

-- what a child has for sure, and what it could have at most where a mark, a subject or credits are unknown
marks as (

    select
        course_mark.community_id,
        course_mark.person_id,
        course_mark.school_year,
        coalesce(bool_or(course_mark.math_course <> 'unmapped'), false) as has_math_course,
        -- a year's credits and points take a fourth of the time to write and to read that the type of any sum takes
        cast(sum(course_mark.credits_earned) as {{ points }}) as credits_earned,
        cast(case
            when count(*) = count(coalesce(course_mark.credits_earned, {{ most_credits }}))
                then sum(coalesce(course_mark.credits_earned, {{ most_credits }}))
        end as {{ points }}) as most_credits_earned,
        count(*) filter (where {{ failed }} and {{ core }}) as n_core_failures,
        count(*) filter (
            where coalesce({{ failed }}, true) and coalesce({{ core }}, true)
        ) as most_core_failures,
        count(*) filter (where {{ low }} and {{ basic }}) as n_low_marks,
        count(*) filter (where coalesce({{ low }}, true) and coalesce({{ basic }}, true)) as most_low_marks,
        count(*) filter (where {{ failed }} and {{ basic }}) as n_basic_failures,
        count(*) filter (where coalesce({{ failed }}, true) and coalesce({{ basic }}, true)) as most_basic_failures,
        cast(sum(points.grade_points * {{ weight }}) as {{ points }}) as quality_points,
        cast(sum(coalesce(points.grade_points, best_mark.grade_points) * {{ weight }}) as {{ points }})
            as most_quality_points,
        cast(sum({{ weight }}) filter (
            where points.grade_points is not null or course_mark.mark is null
        ) as {{ points }}) as graded_credits
    from {{ ref('int_course_marks') }} as course_mark
    left join {{ ref('mark') }} as points
        on course_mark.mark = points.code
    left join best_mark on course_mark.mark is null
    group by course_mark.community_id, course_mark.person_id, course_mark.school_year

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    students.grade_level,
    students.is_first_time,
    marks.has_math_course,
    marks.credits_earned,
    marks.most_credits_earned,
    marks.n_core_failures,
    marks.most_core_failures,
    marks.n_low_marks,
    marks.most_low_marks,
    marks.n_basic_failures,
    marks.most_basic_failures,
    coalesce(marks.quality_points, 0) as quality_points,
    marks.most_quality_points,
    marks.graded_credits,
    students.days_enrolled,
    students.days_absent,
    removals.n_removals,
    removals.most_removals,
    removals.is_attendance_reported
from students
inner join marks
    on
        students.community_id = marks.community_id
        and students.person_id = marks.person_id
        and students.school_year = marks.school_year
left join {{ ref('int_student_year_removals') }} as removals
    on
        students.community_id = removals.community_id
        and students.person_id = removals.person_id
        and students.school_year = removals.school_year
        and students.collection = removals.collection
