with roles as (

    select *
    from {{ source('raw', 'oneroster_role') }}
    where status is distinct from 'tobedeleted'

),

roles_of_users as (

    select
        partner_id,
        extract_id,
        school_year,
        collection,
        user_sourced_id,
        bool_or(lower(role) = 'student') as is_student
    from roles
    group by all

),

-- a member of staff enrolled in a class as a student is a slip; who has no role at all is what the classes say
students as (

    select registered.*
    from {{ source('raw', 'oneroster_user') }} as registered
    left join roles_of_users as known
        on
            {{ same_delivery('registered', 'known') }}
            and registered.sourced_id = known.user_sourced_id
    where
        registered.status is distinct from 'tobedeleted'
        and coalesce(known.is_student, lower(registered.role) = 'student', true)

),

-- the whole of the school year, for spells without dates
school_years as (

    select
        partner_id,
        extract_id,
        school_year,
        collection,
        min(start_date) as first_date,
        max(end_date) as last_date
    from {{ source('raw', 'oneroster_academic_session') }}
    where
        status is distinct from 'tobedeleted'
        and (session_school_year is null or session_school_year in (school_year, school_year - 1))
    group by all

),

in_classes as (

    select
        enrollments.partner_id,
        enrollments.extract_id,
        enrollments.school_year,
        enrollments.collection,
        enrollments.user_sourced_id as student_id,
        coalesce(enrollments.school_sourced_id, classes.school_sourced_id) as school_id,
        enrollments.begin_date,
        enrollments.end_date,
        1 as preference
    from {{ source('raw', 'oneroster_enrollment') }} as enrollments
    left join {{ source('raw', 'oneroster_class') }} as classes
        on
            {{ same_delivery('enrollments', 'classes') }}
            and enrollments.class_sourced_id = classes.sourced_id
    where
        enrollments.status is distinct from 'tobedeleted'
        and lower(enrollments.role) = 'student'

),

in_organizations as (

    select
        partner_id,
        extract_id,
        school_year,
        collection,
        user_sourced_id as student_id,
        org_sourced_id as school_id,
        begin_date,
        end_date,
        2 as preference
    from roles
    where lower(role) = 'student'
    union all
    select
        partner_id,
        extract_id,
        school_year,
        collection,
        sourced_id as student_id,
        trim(unnest(string_split(org_sourced_ids, ','))) as school_id,
        cast(null as date) as begin_date,
        cast(null as date) as end_date,
        2 as preference
    from students
    where lower(role) = 'student'

),

-- classes say more than the bare fact of being at a school, and stand before it
spells as (

    select *
    from (
        select * from in_classes
        union all
        select * from in_organizations
    ) as told
    where school_id is not null
    qualify preference = min(preference) over (partition by partner_id, school_year, collection, student_id, school_id)

)

select
    students.community_id,
    students.partner_id,
    students.extract_id,
    students.school_year,
    students.collection,
    students.sourced_id as student_id,
    spells.school_id,
    nullif(trim(students.grades), '') as grades,
    coalesce(
        min(spells.begin_date), min(school_years.first_date), min(make_date(students.school_year - 1, 7, 1))
    ) as entry_date,
    -- the end of the last class is the end of the year, unless the year goes on without the child
    case
        when count(*) = count(spells.end_date) and max(spells.end_date) < max(school_years.last_date)
            then max(spells.end_date)
    end as exit_date,
    any_value(students._load_id) as _load_id,
    any_value(students._source_file) as _source_file,
    any_value(students._row_number) as _row_number
from students
inner join spells
    on
        {{ same_delivery('students', 'spells') }}
        and students.sourced_id = spells.student_id
left join school_years
    on {{ same_delivery('students', 'school_years') }}
group by all
