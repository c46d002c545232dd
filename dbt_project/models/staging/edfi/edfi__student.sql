with at_organizations as (

    select *
    from {{ source('raw', 'edfi_student_education_organization_association') }}
    -- a district and a school may both describe a child: the one that tells more, else the district's shorter number
    qualify row_number() over (
            partition by partner_id, school_year, collection, student_unique_id
            order by
                case when races is not null then 1 else 0 end + case when sex is not null then 1 else 0 end desc,
                len(education_organization_id) asc, education_organization_id asc
        ) = 1

)

select
    students.community_id,
    students.partner_id,
    students.extract_id,
    students.school_year,
    students.collection,
    students.student_unique_id,
    coalesce(told.state_student_id, students.state_student_id) as state_student_id,
    students.first_name,
    students.middle_name,
    students.last_surname,
    students.birth_date,
    coalesce(told.sex, students.sex, students.birth_sex) as sex,
    coalesce(told.races, students.races) as races,
    coalesce(told.hispanic_latino_ethnicity, students.hispanic_latino_ethnicity) as is_hispanic,
    coalesce(told.home_language, students.home_language) as home_language,
    coalesce(told.street_number_name, students.street_number_name) as street_number_name,
    coalesce(told.postal_code, students.postal_code) as postal_code,
    students._load_id,
    students._source_file,
    students._row_number
from {{ source('raw', 'edfi_student') }} as students
left join at_organizations as told
    on
        {{ same_delivery('students', 'told') }}
        and students.student_unique_id = told.student_unique_id
