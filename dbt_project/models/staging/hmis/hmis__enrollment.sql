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
        ) as head_move_in_date,
        max(told.living_situation) filter (
            where told.relationship_to_hoh = 1 and told.household_id is not null
        ) over (
            partition by told.partner_id, told.household_id, told.project_id
        ) as head_living_situation,
        told.entry_date < {{ years_after('clients.dob', 18) }} as is_child_at_entry
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
    -- asked of heads and adults: a child came from where its head came from
    coalesce(living_situation, case when is_child_at_entry then head_living_situation end) as living_situation,
    destination,
    {{ full_years_between('dob', 'entry_date') }} as age_at_entry,
    is_child_at_entry,
    case when disabling_condition in (0, 1) then disabling_condition = 1 end as has_disabling_condition,
    {{ is_chronically_homeless() }} as is_chronically_homeless,
    zip_code,
    last_school_year,
    last_collection,
    told_until_date,
    _load_id,
    _source_file,
    _row_number
from stays
