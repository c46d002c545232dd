with definitions as (

    {{ definitions('suspension', {'actions': 'varchar'}) }}

),

counted_actions as (

    select
        *,
        {{ split_rows('actions') }} as action_code
    from definitions

),

students as (

    select student_year.*
    from {{ ref('fct_student_year') }} as student_year
    inner join {{ ref('int_discipline_coverage') }} as coverage
        on
            student_year.community_id = coverage.community_id
            and student_year.partner_id = coverage.partner_id
            and student_year.school_year = coverage.school_year
            and student_year.collection = coverage.collection
    where student_year.is_enrolled

),

suspended as (

    select distinct
        actions.community_id,
        actions.person_id,
        actions.school_year,
        actions.collection,
        counted_actions.definition_version
    from {{ ref('fct_discipline') }} as actions
    inner join counted_actions
        on
            actions.action_code = counted_actions.action_code
            and actions.school_year = counted_actions.year_in_force

),

-- something was done, but no crosswalk says what
unclear as (

    select distinct
        community_id,
        person_id,
        school_year,
        collection
    from {{ ref('fct_discipline') }}
    where coalesce(action_code, 'unmapped') = 'unmapped'

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'suspension' as indicator_id,
    definitions.definition_version,
    suspended.person_id is not null as is_success
from students
{{ join_definitions('students') }}
left join suspended
    on
        students.community_id = suspended.community_id
        and students.person_id = suspended.person_id
        and students.school_year = suspended.school_year
        and students.collection = suspended.collection
        and definitions.definition_version = suspended.definition_version
left join unclear
    on
        students.community_id = unclear.community_id
        and students.person_id = unclear.person_id
        and students.school_year = unclear.school_year
        and students.collection = unclear.collection
where suspended.person_id is not null or unclear.person_id is null
