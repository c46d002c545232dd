with stays as (

    select
        told.*,
        clients.dob,
        projects.project_type,
        projects.is_night_by_night,
        coalesce(told.last_permanent_zip, projects.zip_code) as zip_code,
        -- it is told of the head alone, and holds for all of the household; who has none lives with nobody known
        max(told.move_in_date) filter (
            where told.relationship_to_hoh = 1 and told.household_id is not null
        ) over (
            partition by told.partner_id, told.household_id, told.project_id
        ) as head_move_in_date
    from {{ ref('hmis__stay') }} as told
    inner join {{ ref('hmis__client') }} as clients
        on
            told.partner_id = clients.partner_id
            and told.personal_id = clients.personal_id
    left join {{ ref('hmis__project') }} as projects
        on
            told.partner_id = projects.partner_id
            and told.project_id = projects.project_id

)

select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    enrollment_id,
    personal_id,
    household_id,
    relationship_to_hoh,
    project_id,
    project_type,
    is_night_by_night,
    entry_date,
    coalesce(
        move_in_date,
        case
            when coalesce(head_move_in_date <= exit_date, head_move_in_date is not null)
                then greatest(head_move_in_date, entry_date)
        end
    ) as move_in_date,
    exit_date,
    living_situation,
    destination,
    {{ full_years_between('dob', 'entry_date') }} as age_at_entry,
    entry_date < {{ years_after('dob', 18) }} as is_child_at_entry,
    disabling_condition = 1 as has_disabling_condition,
    {{ is_chronically_homeless() }} as is_chronically_homeless,
    zip_code,
    last_school_year,
    last_collection,
    told_until_date,
    _load_id,
    _source_file,
    _row_number
from stays
