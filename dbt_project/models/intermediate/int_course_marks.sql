{{ config(materialized = 'view') }}

{% set key = ['community_id', 'person_id', 'school_year', 'partner_id', 'course_id', 'term'] %}

with told as (

    select
        *,
        {{ row_hash(key) }} as key_hash
    from {{ ref('fct_course_mark') }}
    where collection = 'annual'

),

-- hardly any: to rank all marks of all children would take three times as long as all the rest
told_twice as (

    select key_hash
    from told
    group by key_hash
    having count(*) > 1

),

told_best as (

    select *
    from told
    where key_hash in (select told_twice.key_hash from told_twice)
    qualify
        row_number() over (
            partition by {{ key | join(', ') }}
            order by
                case when mark <> 'unmapped' then 0 else 1 end asc,
                credits_earned desc nulls last,
                mark asc,
                subject_area asc nulls last,
                credits_attempted desc nulls last,
                nullif(math_course, 'unmapped') asc nulls last,
                math_course asc nulls last
        ) = 1

),

counted_once as (

    select *
    from told
    where key_hash not in (select told_twice.key_hash from told_twice)
    union all
    select *
    from told_best

)

select
    {{ key | join(',\n    ') }},
    nullif(subject_area, 'unmapped') as subject_area,
    nullif(mark, 'unmapped') as mark,
    math_course,
    credits_attempted,
    credits_earned
from counted_once
