-- a role is primary or not at each of several organizations; the organization that a user belongs to first is one
with primary_roles as (

    select distinct
        partner_id,
        extract_id,
        school_year,
        collection,
        user_sourced_id as student_id,
        org_sourced_id as school_id
    from {{ source('raw', 'oneroster_role') }}
    where {{ is_not_deleted() }} and lower(role) = 'student' and lower(role_type) = 'primary'

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
        min(spells.begin_date), min(spells.first_date), min({{ first_day_of('students.school_year') }})
    ) as entry_date,
    -- the end of the last class is the end of the year, unless the year goes on without the child
    case
        when count(*) = count(spells.end_date) and max(spells.end_date) < max(spells.last_date)
            then max(spells.end_date)
    end as exit_date,
    case
        when students.primary_org_sourced_id = spells.school_id then 2
        when primary_roles.school_id is not null then 1
        else 0
    end as primary_rank,
    any_value(students._load_id) as _load_id,
    any_value(students._source_file) as _source_file,
    any_value(students._row_number) as _row_number
from {{ ref('oneroster__user') }} as students
left join {{ ref('oneroster__school_spell') }} as spells
    on
        {{ same_delivery('students', 'spells') }}
        and students.sourced_id = spells.student_id
left join primary_roles
    on
        {{ same_delivery('spells', 'primary_roles') }}
        and spells.student_id = primary_roles.student_id
        and spells.school_id = primary_roles.school_id
-- a member of staff enrolled in a class as a student is a slip; who has no role at all is what the classes say
where coalesce(students.is_student, spells.school_id is not null)
group by all
