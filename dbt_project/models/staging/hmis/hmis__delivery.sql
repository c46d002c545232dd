select
    partner_id,
    split_part(extract_id, '.', 3) as layout,
    school_year,
    collection,
    -- text, since exports of one day follow each other by the minute
    max(export_date) as export_date,
    min(export_start_date) as first_date,
    max(export_end_date) as last_date,
    -- the year of the specification: '2026 v1.0'
    max(try_cast(left(csv_version, 4) as integer)) as csv_year,
    bool_and(hash_status = 1) as has_clear_names
from {{ source('raw', 'hmis_export') }}
group by all
