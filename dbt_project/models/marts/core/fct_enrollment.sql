with spells as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id,
        entry_date,
        partner_id,
        grade_level,
        exit_code,
        exit_date,
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
    min(partner_id) as partner_id,
    -- the same spell told twice: the account that ends later, or has not ended
    max_by(grade_level, last_date) as grade_level,
    max_by(exit_code, last_date) as exit_code,
    max_by(exit_date, last_date) as exit_date,
    cast(max(greatest({{ days_between('first_date', 'last_date') }} + 1, 0)) as integer) as days_spanned
from spells
group by community_id, person_id, school_year, collection, organization_id, entry_date
