with roles_of_users as (

    select
        partner_id,
        extract_id,
        school_year,
        collection,
        user_sourced_id,
        bool_or(lower(role) = 'student') as is_student
    from {{ source('raw', 'oneroster_role') }}
    where {{ is_not_deleted() }}
    group by all

)

select
    registered.community_id,
    registered.partner_id,
    registered.extract_id,
    registered.school_year,
    registered.collection,
    registered.sourced_id,
    registered.role,
    registered.org_sourced_ids,
    registered.primary_org_sourced_id,
    registered.user_ids,
    registered.given_name,
    registered.middle_name,
    registered.family_name,
    registered.grades,
    coalesce(known.is_student, lower(registered.role) = 'student') as is_student,
    registered._load_id,
    registered._source_file,
    registered._row_number
from {{ source('raw', 'oneroster_user') }} as registered
left join roles_of_users as known
    on
        {{ same_delivery('registered', 'known') }}
        and registered.sourced_id = known.user_sourced_id
where {{ is_not_deleted('registered.status') }}
