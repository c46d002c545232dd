select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    id as program_id,
    name as program_name,
    cast(null as varchar) as program_type,
    organization_id,
    description,
    cast(null as date) as start_date,
    cast(null as date) as end_date,
    cast(null as bigint) as sessions_planned,
    cast(null as decimal(18, 4)) as hours_planned,
    _load_id,
    _source_file,
    _row_number
from {{ source('raw', 'hsds_program') }}
