{{ config(materialized = 'view') }}

with program_years as (

    select distinct
        community_id,
        school_year
    from {{ ref('int_program_participants') }}

),

-- and the years before, for what was so then; where nobody took part, nobody's results are looked up
looked_up as (

    select
        community_id,
        school_year
    from program_years
    union
    select
        community_id,
        school_year - 1 as school_year
    from program_years

),

students as (

    select student_years.*
    from {{ ref('fct_student_year') }} as student_years
    inner join looked_up
        on
            student_years.community_id = looked_up.community_id
            and student_years.school_year = looked_up.school_year
    where student_years.collection = 'annual' and student_years.is_enrolled

),

in_programs as (

    select distinct
        community_id,
        person_id,
        school_year
    from {{ ref('int_program_participants') }}

),

results as (

    select
        outcomes.community_id,
        outcomes.person_id,
        outcomes.school_year,
        outcomes.indicator_id,
        outcomes.definition_version,
        outcomes.is_success
    from {{ ref('int_indicator_outcomes') }} as outcomes
    inner join {{ source('reference', 'indicator_definitions') }} as definitions
        on
            outcomes.indicator_id = definitions.indicator_id
            and outcomes.definition_version = definitions.definition_version
    inner join looked_up
        on
            outcomes.community_id = looked_up.community_id
            and outcomes.school_year = looked_up.school_year
    where
        outcomes.collection = 'annual' and definitions.is_default
        and outcomes.indicator_id in ({{ results_of_programs() }})

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    results.indicator_id,
    results.definition_version,
    -- what cannot have come of a program: the same result, and the attendance, of the year before
    {% for column in alike_in() if column != 'result_before' %}
        students.{{ column }},
    {% endfor %}
    coalesce(cast(earlier.is_success as varchar), 'none') as result_before,
    case
        when year_before.days_enrolled > 0
            then cast(year_before.days_absent as double) / cast(year_before.days_enrolled as double)
    end as share_absent_before,
    in_programs.person_id is null and students.program_participation = 'no' as is_in_no_program,
    results.is_success
from students
inner join program_years
    on
        students.community_id = program_years.community_id
        and students.school_year = program_years.school_year
inner join results
    on
        students.community_id = results.community_id
        and students.person_id = results.person_id
        and students.school_year = results.school_year
left join results as earlier
    on
        results.community_id = earlier.community_id
        and results.person_id = earlier.person_id
        and results.school_year - 1 = earlier.school_year
        and results.indicator_id = earlier.indicator_id
        and results.definition_version = earlier.definition_version
left join students as year_before
    on
        students.community_id = year_before.community_id
        and students.person_id = year_before.person_id
        and students.school_year - 1 = year_before.school_year
left join in_programs
    on
        students.community_id = in_programs.community_id
        and students.person_id = in_programs.person_id
        and students.school_year = in_programs.school_year
