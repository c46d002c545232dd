select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    student_unique_id as student_id,
    school_id,
    entry_grade_level as grade_level,
    entry_date,
    exit_withdraw_date as exit_date,
    exit_withdraw_type as exit_code,
    is_primary,
    _load_id,
    _source_file,
    _row_number
from {{ ref('edfi__spell') }}
