with in_classes as (

    select
        enrollments.partner_id,
        enrollments.extract_id,
        enrollments.school_year,
        enrollments.collection,
        enrollments.user_sourced_id as student_id,
        coalesce(enrollments.school_sourced_id, classes.school_id) as school_id,
        enrollments.begin_date,
        enrollments.end_date,
        coalesce(classes.is_of_school_year, true) as is_of_school_year,
        true as is_class
    from {{ source('raw', 'oneroster_enrollment') }} as enrollments
    left join {{ ref('oneroster__class') }} as classes
        on
            {{ same_delivery('enrollments', 'classes') }}
            and enrollments.class_sourced_id = classes.class_id
    where
        {{ is_not_deleted('enrollments.status') }}
        and coalesce(classes.is_there, true)
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
        true as is_of_school_year,
        false as is_class
    from {{ source('raw', 'oneroster_role') }}
    where {{ is_not_deleted() }} and lower(role) = 'student'
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
        true as is_of_school_year,
        false as is_class
    from {{ ref('oneroster__user') }}
    where lower(role) = 'student'

),

-- of the classic format of School Data Sync schools are a canonical table
schools as (

    select
        partner_id,
        school_year,
        collection,
        school_id
    from {{ ref('oneroster__school') }}
    union all
    select
        partner_id,
        school_year,
        collection,
        school_id
    from {{ source('raw', 'school') }}

),

spells as (

    select
        told.partner_id,
        told.extract_id,
        told.school_year,
        told.collection,
        told.student_id,
        told.school_id,
        told.begin_date,
        told.end_date,
        told.is_class,
        school_years.first_date,
        school_years.last_date,
        told.is_of_school_year
        and coalesce(told.end_date >= coalesce(school_years.first_date, {{ first_day_of('told.school_year') }}), true)
        and coalesce(told.begin_date <= coalesce(school_years.last_date, {{ last_day_of('told.school_year') }}), true)
            as is_of_school_year
    from (
        select * from in_classes
        union all
        select * from in_organizations
    ) as told
    -- districts and departments are no schools
    semi join schools
        on
            {{ same_delivery('told', 'schools') }}
            and told.school_id = schools.school_id
    left join {{ ref('oneroster__school_year') }} as school_years
        on {{ same_delivery('told', 'school_years') }}

),

ranked as (

    select
        *,
        -- classes say more than the bare fact of being at a school; where they are all of another year, so is the fact
        case
            when is_class and is_of_school_year then 1
            when begin_date is not null and not is_class then 2
            when is_class then 3
            else 4
        end as preference
    from spells

)

select
    partner_id,
    extract_id,
    school_year,
    collection,
    student_id,
    school_id,
    begin_date,
    end_date,
    first_date,
    last_date
from ranked
qualify
    is_of_school_year
    and preference = min(preference) over (partition by partner_id, school_year, collection, student_id, school_id)
