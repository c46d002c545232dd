with sessions as (

    select *
    from {{ source('raw', 'oneroster_academic_session') }}
    where
        {{ is_not_deleted() }}
        and end_date >= {{ first_day_of() }}
        and start_date <= {{ last_day_of() }}
        -- some systems name a year by its start
        and (session_school_year is null or session_school_year in (school_year, school_year - 1))

)

select
    partner_id,
    extract_id,
    school_year,
    collection,
    min(start_date) as first_date,
    max(end_date) as last_date
from (
    select *
    from sessions
    qualify
        session_school_year is not distinct from max(session_school_year) over (
            partition by partner_id, extract_id, school_year, collection
        )
) as sessions_of_year
group by all
