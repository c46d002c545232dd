with calendars as (

    select distinct
        partner_id,
        school_year,
        collection,
        school_id,
        calendar_code
    from {{ ref('edfi__school_day') }}

)

select
    spells.community_id,
    spells.partner_id,
    spells.extract_id,
    spells.school_year,
    spells.collection,
    spells.student_unique_id,
    spells.school_id,
    greatest(spells.entry_date, {{ first_day_of('spells.school_year') }}) as first_day,
    least(spells.exit_withdraw_date, {{ last_day_of('spells.school_year') }}) as last_day,
    -- a calendar without days says as little as none: then those of the school count
    calendars.calendar_code as own_calendar,
    spells._load_id,
    spells._source_file,
    spells._row_number
from {{ ref('edfi__spell') }} as spells
left join calendars
    on
        {{ same_delivery('spells', 'calendars') }}
        and spells.school_id = calendars.school_id
        and spells.calendar_code = calendars.calendar_code
