{% set failed = "course_mark.mark in ('f', 'fail')" %}
{% set low = "course_mark.mark in ('d', 'f', 'fail')" %}
{% set core = "course_mark.subject_area in ('english', 'math', 'science', 'social_studies')" %}
{% set basic = "course_mark.subject_area in ('english', 'math')" %}
{% set weight = "coalesce(course_mark.credits_attempted, 1)" %}
{# credits that nobody told are none where the course was not passed, and no more than it was worth elsewhere #}
{% set most_credits %}
case
                    when course_mark.mark in ('f', 'fail', 'incomplete', 'withdrawn') then 0
                    else course_mark.credits_attempted
                end
{%- endset %}

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

course_marks as (

    select
        first_time.community_id,
        first_time.person_id,
        nullif(course_mark.subject_area, 'unmapped') as subject_area,
        nullif(course_mark.mark, 'unmapped') as mark,
        course_mark.credits_attempted,
        course_mark.credits_earned
    from first_time
    inner join {{ ref('fct_course_mark') }} as course_mark
        on
            first_time.community_id = course_mark.community_id
            and first_time.person_id = course_mark.person_id
            and first_time.school_year = course_mark.school_year
            and first_time.collection = course_mark.collection
    -- a mark told twice, by two ids of one child or two extracts, counts once: as the row that tells more
    qualify
        row_number() over (
            partition by
                first_time.community_id, first_time.person_id, course_mark.partner_id, course_mark.course_id,
                course_mark.term
            order by
                case when course_mark.mark <> 'unmapped' then 0 else 1 end asc,
                course_mark.credits_earned desc nulls last,
                course_mark.mark asc,
                course_mark.subject_area asc nulls last,
                course_mark.credits_attempted desc nulls last
        ) = 1

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
        sum(course_mark.credits_earned) as credits_earned,
        case
            when count(*) = count(coalesce(course_mark.credits_earned, {{ most_credits }}))
                then sum(coalesce(course_mark.credits_earned, {{ most_credits }}))
        end as most_credits_earned,
        count(*) filter (where {{ failed }} and {{ core }}) as n_core_failures,
        count(*) filter (
            where coalesce({{ failed }}, true) and coalesce({{ core }}, true)
        ) as most_core_failures,
        count(*) filter (where {{ low }} and {{ basic }}) as n_low_marks,
        count(*) filter (where coalesce({{ low }}, true) and coalesce({{ basic }}, true)) as most_low_marks,
        sum(points.grade_points * {{ weight }}) as quality_points,
        sum(coalesce(points.grade_points, best_mark.grade_points) * {{ weight }}) as most_quality_points,
        sum({{ weight }}) filter (
            where points.grade_points is not null or course_mark.mark is null
        ) as graded_credits
    from course_marks as course_mark
    left join {{ ref('mark') }} as points
        on course_mark.mark = points.code
    left join best_mark on course_mark.mark is null
    group by course_mark.community_id, course_mark.person_id

),

removals as (

    select
        community_id,
        person_id,
        school_year,
        count(*) filter (
            where action_code in ('in_school_suspension', 'out_of_school_suspension', 'expulsion')
        ) as n_removals,
        count(*) filter (where coalesce(action_code, 'unmapped') <> 'other') as most_removals
    from {{ ref('fct_discipline') }}
    where collection = 'annual'
    group by community_id, person_id, school_year

)

select
    first_time.community_id,
    first_time.person_id,
    first_time.school_year,
    first_time.collection,
    first_time.organization_id,
    marks.credits_earned,
    marks.most_credits_earned,
    marks.n_core_failures,
    marks.most_core_failures,
    marks.n_low_marks,
    marks.most_low_marks,
    coalesce(marks.quality_points, 0) as quality_points,
    marks.most_quality_points,
    marks.graded_credits,
    first_time.days_enrolled,
    first_time.days_absent,
    coalesce(removals.n_removals, 0) as n_removals,
    -- unknown, not none, where the partner reported no discipline
    case when coverage.partner_id is not null then coalesce(removals.most_removals, 0) end as most_removals
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
