select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    personal_id as student_id,
    household_id,
    cast(relationship_to_hoh as varchar) as relationship_to_head,
    project_id,
    -- a project outside of the continuum of care may have no type; 7 is other
    cast(coalesce(project_type, 7) as varchar) as project_type,
    entry_date,
    move_in_date,
    exit_date,
    cast(living_situation as varchar) as prior_living_situation,
    cast(destination as varchar) as exit_destination,
    is_chronically_homeless,
    has_disabling_condition,
    zip_code,
    _load_id,
    _source_file,
    _row_number
from {{ ref('hmis__enrollment') }}
