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
where
    students.is_enrolled_in_first_fall
    and students.told_until_date >= make_date(students.school_year + 1, 8, 15)
    -- a file that came before the second fall was over may miss who is there
    and students.last_received_date > make_date(students.school_year + 1, 10, 31)
