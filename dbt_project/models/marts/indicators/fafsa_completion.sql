with definitions as (

    {{ definitions('fafsa_completion') }}

),

applications as (

    select
        community_id,
        person_id,
        school_year,
        bool_or(application_date <= make_date(school_year, 6, 30)) as is_in_time
    from {{ ref('fct_financial_aid_application') }}
    where is_complete and collection = 'annual'
    group by community_id, person_id, school_year

),

told as (

    select distinct
        community_id,
        school_year
    from {{ ref('fct_financial_aid_application') }}
    where collection = 'annual'

)

select
    students.community_id,
    students.person_id,
    students.school_year,
    students.collection,
    students.organization_id,
    'fafsa_completion' as indicator_id,
    definitions.definition_version,
    coalesce(applications.is_in_time, false) as is_success
from {{ ref('fct_student_year') }} as students
{{ join_definitions('students') }}
inner join told
    on students.community_id = told.community_id and students.school_year = told.school_year
left join applications
    on
        students.community_id = applications.community_id
        and students.person_id = applications.person_id
        and students.school_year = applications.school_year
where students.grade_level = '12' and students.collection = 'annual' and students.is_enrolled
