select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    project_id as program_id,
    project_name as program_name,
    'other' as program_type,
    organization_id,
    cast(null as varchar) as description,
    operating_start_date as start_date,
    operating_end_date as end_date,
    cast(null as bigint) as sessions_planned,
    cast(null as decimal(18, 4)) as hours_planned,
    _load_id,
    _source_file,
    _row_number
from {{ ref('hmis__project') }}
