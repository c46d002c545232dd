with spells as (

    select
        *,
        greatest(entry_date, make_date(school_year - 1, 7, 1)) as first_date,
        least(coalesce(exit_date, make_date(school_year, 6, 30)), make_date(school_year, 6, 30)) as last_date
    from {{ ref('stg_enrollment') }}

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    entry_date,
    exit_date,
    partner_id,
    grade_level,
    exit_code,
    is_primary,
    cast(greatest({{ days_between('first_date', 'last_date') }} + 1, 0) as integer) as days_spanned,
    _load_id,
    _row_number
from spells
