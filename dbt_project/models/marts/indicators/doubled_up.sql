with definitions as (

    {{ definitions('doubled_up') }}

),

-- districts that tell where their homeless students spend the night
told as (

    select distinct
        community_id,
        partner_id,
        school_year,
        collection
    from {{ ref('stg_student_status') }}
    where is_doubled_up is not null

),

nights as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        bool_or(is_doubled_up and is_in_school_year) as is_doubled_up
    from {{ ref('stg_student_status') }}
    group by community_id, person_id, school_year, collection

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'doubled_up' as indicator_id,
    definitions.definition_version,
    coalesce(nights.is_doubled_up, false) as is_success
from {{ ref('fct_student_year') }} as students
{{ join_definitions('students') }}
inner join told
    on
        students.community_id = told.community_id
        and students.partner_id = told.partner_id
        and students.school_year = told.school_year
        and students.collection = told.collection
left join nights
    on
        students.community_id = nights.community_id
        and students.person_id = nights.person_id
        and students.school_year = nights.school_year
        and students.collection = nights.collection
where students.is_enrolled
