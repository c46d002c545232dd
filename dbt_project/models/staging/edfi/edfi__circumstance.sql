-- what anybody tells of a child counts: a district and its schools, and data standard 2 with the student itself
with told_of_students as (

    select
        partner_id,
        extract_id,
        school_year,
        collection,
        student_unique_id,
        characteristics,
        limited_english_proficiency,
        military_connection,
        cast(null as boolean) as economic_disadvantaged
    from {{ source('raw', 'edfi_student_education_organization_association') }}
    union all
    select
        partner_id,
        extract_id,
        school_year,
        collection,
        student_unique_id,
        characteristics,
        limited_english_proficiency,
        cast(null as varchar) as military_connection,
        economic_disadvantaged
    from {{ source('raw', 'edfi_student') }}

),

characteristics as (

    select
        *,
        {{ split_rows('characteristics') }} as characteristic
    from told_of_students

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
    from told_of_students
    where economic_disadvantaged is not null
    union all
    select
        told.partner_id,
        told.school_year,
        told.collection,
        told.student_unique_id,
        'english_learner' as circumstance,
        case limited_english_proficiency_codes.conformed_code
            when 'limited' then true
            -- those who are only monitored have left the services
            when 'monitored' then false
            when 'not_limited' then false
        end as holds
    from told_of_students as told
    {{ join_codes('limited_english_proficiency', 'told') }}
    where told.limited_english_proficiency is not null
    union all
    select
        told.partner_id,
        told.school_year,
        told.collection,
        told.student_unique_id,
        'military_connected' as circumstance,
        case military_connection_codes.conformed_code
            when 'connected' then true
            when 'not_connected' then false
        end as holds
    from told_of_students as told
    {{ join_codes('military_connection', 'told') }}
    where told.military_connection is not null

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
