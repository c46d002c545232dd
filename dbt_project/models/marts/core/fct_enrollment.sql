with spells as (

    select
        *,
        greatest(entry_date, make_date(school_year - 1, 7, 1)) as first_date,
        least(coalesce(exit_date, make_date(school_year, 6, 30)), make_date(school_year, 6, 30)) as last_date
    from {{ ref('stg_enrollment') }}

)

select
    spells.community_id,
    spells.person_id,
    spells.school_year,
    spells.collection,
    spells.organization_id,
    places.place_id,
    spells.entry_date,
    spells.exit_date,
    spells.partner_id,
    spells.grade_level,
    spells.exit_code,
    spells.is_primary,
    cast(greatest({{ days_between('spells.first_date', 'spells.last_date') }} + 1, 0) as integer) as days_spanned,
    spells._load_id,
    spells._row_number
from spells
left join {{ ref('int_school_places') }} as places
    on spells.organization_id = places.organization_id
