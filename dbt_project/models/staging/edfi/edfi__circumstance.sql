with characteristics as (

    select
        *,
        {{ split_rows('told_characteristics') }} as characteristic
    from {{ ref('edfi__student') }}

),

-- written code|last day, the day empty while it lasts
of_characteristics as (

    select
        partner_id,
        school_year,
        collection,
        student_unique_id,
        case lower(split_part(characteristic, '|', 1))
            when 'economic disadvantaged' then 'economically_disadvantaged'
            when 'economically disadvantaged' then 'economically_disadvantaged'
            when 'foster care' then 'in_foster_care'
            when 'homeless' then 'homeless'
            when 'migrant' then 'migrant'
            when 'parent in military' then 'military_connected'
        end as circumstance,
        coalesce(
            try_cast(nullif(split_part(characteristic, '|', 2), '') as date) >= {{ first_day_of() }},
            true
        ) as holds
    from characteristics

),

of_students as (

    select
        partner_id,
        school_year,
        collection,
        student_unique_id,
        'economically_disadvantaged' as circumstance,
        economic_disadvantaged as holds
    from {{ ref('edfi__student') }}
    where economic_disadvantaged is not null
    union all
    select
        partner_id,
        school_year,
        collection,
        student_unique_id,
        'english_learner' as circumstance,
        -- those who are only monitored have left the services
        lower(limited_english_proficiency) = 'limited' as holds
    from {{ ref('edfi__student') }}
    where limited_english_proficiency is not null
    union all
    select
        partner_id,
        school_year,
        collection,
        student_unique_id,
        'military_connected' as circumstance,
        lower(military_connection) in ('active duty', 'reserve', 'national guard') as holds
    from {{ ref('edfi__student') }}
    where military_connection is not null and lower(military_connection) <> 'unknown'

),

of_programs as (

    select
        partner_id,
        school_year,
        collection,
        student_unique_id,
        case
            when association = 'special_education' then 'disability'
            when association = 'language_instruction' then 'english_learner'
            when association in ('homeless', 'migrant') then association
            when association = 'school_food_service' then 'economically_disadvantaged'
            -- of the general association the type of the program tells
            when lower(program_type) in ('special education', 'idea', 'preschool special education') then 'disability'
            when lower(program_type) = 'english as a second language (esl)' then 'english_learner'
            when lower(program_type) = 'homeless' then 'homeless'
            when lower(program_type) = 'migrant education' then 'migrant'
        end as circumstance,
        case
            when association = 'school_food_service'
                then coalesce(is_eligible, false)
                    or coalesce(regexp_matches(lower(services), '(^|;)(free|reduced)'), false)
            else coalesce(is_eligible, true)
        end
        and begin_date <= {{ last_day_of() }}
        and coalesce(end_date >= {{ first_day_of() }}, true) as holds
    from {{ source('raw', 'edfi_student_program_association') }}

)

select
    partner_id,
    school_year,
    collection,
    student_unique_id,
    circumstance,
    bool_or(holds) as holds
from (
    select * from of_characteristics
    union all
    select * from of_students
    union all
    select * from of_programs
) as told
where circumstance is not null
group by all
