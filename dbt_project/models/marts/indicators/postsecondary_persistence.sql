with definitions as (

    {{ definitions('postsecondary_persistence') }}

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'postsecondary_persistence' as indicator_id,
    definitions.definition_version,
    students.is_enrolled_in_second_fall
    or coalesce(students.first_award_date <= make_date(students.school_year + 1, 10, 31), false) as is_success
from {{ ref('int_college_years') }} as students
{{ join_definitions('students') }}
inner join {{ ref('int_college_coverage') }} as coverage
    on students.community_id = coverage.community_id and students.person_id = coverage.person_id
where students.is_enrolled_in_first_fall and coverage.is_second_fall_told
