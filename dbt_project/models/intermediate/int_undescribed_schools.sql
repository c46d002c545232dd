-- a code that no school file tells of, and a few children of the year alone have, may be the number of one of them
select
    students.community_id,
    students.organization_id,
    students.school_year
from {{ ref('fct_student_year') }} as students
inner join {{ ref('dim_school') }} as schools
    on
        students.community_id = schools.community_id
        and students.organization_id = schools.organization_id
        and not schools.is_described
inner join {{ source('reference', 'communities') }} as communities
    on students.community_id = communities.community_id
group by students.community_id, students.organization_id, students.school_year, communities.minimum_denominator
having count(distinct students.person_id) >= communities.minimum_denominator
