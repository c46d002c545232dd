select
    community_id,
    program_id,
    partner_id,
    program_name,
    program_type,
    organization_id,
    description,
    start_date,
    end_date,
    sessions_planned,
    hours_planned,
    min(school_year) over (partition by community_id, program_id) as first_school_year,
    school_year as last_school_year
from {{ ref('stg_program') }}
qualify {{ latest_account('community_id, program_id') }}
