select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    student_id,
    school_id,
    -- of several grades none is the child's
    case when grades not like '%,%' then grades end as grade_level,
    entry_date,
    exit_date,
    cast(null as varchar) as exit_code,
    _load_id,
    _source_file,
    _row_number
from {{ ref('oneroster__student_schools') }}
