select
    community_id,
    partner_id,
    extract_id,
    school_year,
    collection,
    student_unique_id,
    school_id,
    entry_date,
    entry_grade_level,
    exit_withdraw_date,
    exit_withdraw_type,
    is_primary,
    calendar_code,
    _load_id,
    _source_file,
    _row_number
from {{ source('raw', 'edfi_student_school_association') }}
where
    coalesce(told_school_year = school_year, true)
    and entry_date <= {{ last_day_of() }}
    and coalesce(exit_withdraw_date >= {{ first_day_of() }}, true)
    -- the child was never there
    and lower(coalesce(exit_withdraw_type, '')) not in ('invalid enrollment', 'no show')
