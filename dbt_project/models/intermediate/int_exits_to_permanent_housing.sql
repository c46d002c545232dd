select
    community_id,
    person_id,
    school_year,
    collection,
    partner_id,
    household_key,
    project_id,
    project_type,
    entry_date,
    exit_date,
    exit_destination,
    case
        when exit_destination = 'permanent' then true
        -- of the deceased, and who went to foster care, a hospital or long-term care, HUD asks it not
        when exit_destination in ('temporary', 'institutional', 'homeless', 'other') then false
    end as is_exit_to_permanent_housing,
    cast({{ days_between('entry_date', 'exit_date') }} as integer) as days_stayed,
    _load_id,
    _row_number
from ({{ stays_of_children() }}) as of_children
where
    project_type in ({{ sheltering_project_types() }}, 'rapid_rehousing')
    and exit_date between make_date(school_year - 1, 7, 1) and make_date(school_year, 6, 30)
