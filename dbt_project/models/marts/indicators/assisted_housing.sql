with definitions as (

    {{ definitions('assisted_housing') }}

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'assisted_housing' as indicator_id,
    definitions.definition_version,
    students.housing_assistance = 'yes' as is_success
from {{ ref('fct_student_year') }} as students
{{ join_definitions('students') }}
-- a household's record may hold in a year of which nobody tells: then only who is assisted could be known
inner join {{ ref('int_told_circumstances') }} as told
    on
        students.community_id = told.community_id
        and students.school_year = told.school_year
        and told.tells_assistance
where students.is_enrolled and students.housing_assistance <> 'unknown'
