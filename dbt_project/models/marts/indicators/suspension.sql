with definitions as (

    {{ definitions('suspension', {'actions': 'varchar'}) }}

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

-- per child and year, the versions by which it was suspended
suspended as (

    select
        actions.community_id,
        actions.person_id,
        actions.school_year,
        actions.collection,
        ';' || {{ joined_texts('distinct definitions.definition_version', ';') }} || ';' as versions
    from {{ ref('fct_discipline') }} as actions
    {{ join_definitions('actions') }}
    where ';' || definitions.actions || ';' like '%;' || actions.action_code || ';%'
    group by actions.community_id, actions.person_id, actions.school_year, actions.collection

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'suspension' as indicator_id,
    definitions.definition_version,
    coalesce(suspended.versions like '%;' || definitions.definition_version || ';%', false) as is_success
from students
left join suspended
    on
        students.community_id = suspended.community_id
        and students.person_id = suspended.person_id
        and students.school_year = suspended.school_year
        and students.collection = suspended.collection
{{ join_definitions('students') }}
