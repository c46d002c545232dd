-- what a participant had of what its programs plan for a year; of several programs the one it had most of
with had as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        program_id,
        sum(hours_attended) as hours_attended,
        sum(coalesce(sessions_attended, case has_attended when true then 1 when false then 0 end)) as sessions_attended
    from {{ ref('fct_participation') }}
    where {{ was_there() }}
    group by community_id, person_id, school_year, collection, program_id

)

select
    had.community_id,
    had.person_id,
    had.school_year,
    had.collection,
    max(coalesce(
        had.hours_attended / nullif(programs.hours_planned, 0),
        had.sessions_attended / nullif(programs.sessions_planned, 0)
    )) as share_of_plan
from had
inner join {{ ref('dim_program') }} as programs
    on had.community_id = programs.community_id and had.program_id = programs.program_id
group by had.community_id, had.person_id, had.school_year, had.collection
having share_of_plan is not null
