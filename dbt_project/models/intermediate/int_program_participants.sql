{{ config(materialized = 'view') }}

with had as (

    select
        community_id,
        person_id,
        school_year,
        program_id,
        sum(hours_attended) as hours_attended,
        sum(coalesce(sessions_attended, case when coalesce(has_attended, true) then 1 end)) as sessions_attended
    from {{ ref('fct_participation') }}
    where {{ was_there() }}
    group by community_id, person_id, school_year, program_id

),

enrolled as (

    select
        community_id,
        person_id,
        school_year
    from {{ ref('fct_student_year') }}
    where collection = 'annual' and is_enrolled

),

-- thirds of a program's participants by what they had of it: hours where told, else sessions
thirds as (

    select
        had.community_id,
        had.person_id,
        had.school_year,
        had.program_id,
        ntile(3) over (
            partition by had.community_id, had.program_id, had.school_year
            order by coalesce(had.hours_attended, had.sessions_attended) asc, had.person_id asc
        ) as third
    from had
    inner join enrolled
        on
            had.community_id = enrolled.community_id
            and had.person_id = enrolled.person_id
            and had.school_year = enrolled.school_year

)

select
    community_id,
    person_id,
    school_year,
    program_id,
    case third when 1 then 'low' when 2 then 'middle' else 'high' end as dosage
from thirds
