with enrollments as (

    {{ newest_hmis('hmis_enrollment', 'enrollment_id') | indent(4) }}

),

-- an exit that an older export tells of, and the newest with the stay does not, was taken back
stays as (

    select
        enrollments.*,
        exits.exit_date,
        exits.destination,
        clients.dob,
        projects.project_type,
        projects.is_night_by_night,
        coalesce(enrollments.last_permanent_zip, projects.zip_code) as zip_code,
        -- it is told of the head alone, and holds for all who live there
        max(enrollments.move_in_date) filter (where enrollments.relationship_to_hoh = 1) over (
            partition by enrollments.partner_id, enrollments.household_id, enrollments.project_id
        ) as head_move_in_date
    from enrollments
    inner join {{ ref('hmis__client') }} as clients
        on
            enrollments.partner_id = clients.partner_id
            and enrollments.personal_id = clients.personal_id
    left join {{ ref('hmis__exit') }} as exits
        on
            enrollments.partner_id = exits.partner_id
            and enrollments.enrollment_id = exits.enrollment_id
            and enrollments.export_date <= exits.export_date
    left join {{ ref('hmis__project') }} as projects
        on
            enrollments.partner_id = projects.partner_id
            and enrollments.project_id = projects.project_id

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
    _load_id,
    _source_file,
    _row_number
from stays
