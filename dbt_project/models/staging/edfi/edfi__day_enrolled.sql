with school_days as (

    select distinct
        partner_id,
        school_year,
        collection,
        school_id,
        calendar_code,
        calendar_day
    from {{ source('raw', 'edfi_calendar_date') }}
    where
        {{ is_in_school_year('calendar_day') }}
        and regexp_matches(calendar_events, '(?i)(^|;)(instructional day|make-up day|student late arrival)')

),

calendars as (

    select distinct
        partner_id,
        school_year,
        collection,
        school_id,
        calendar_code
    from school_days

),

-- of days to come nobody knows yet who is absent: the last event of anybody is how far a delivery tells
told_until as (

    select
        partner_id,
        school_year,
        collection,
        max(event_date) as last_day
    from {{ source('raw', 'edfi_student_school_attendance_event') }}
    where {{ is_in_school_year('event_date') }}
    group by all

),

spells as (

    select
        spells.community_id,
        spells.partner_id,
        spells.extract_id,
        spells.school_year,
        spells.collection,
        spells.student_unique_id,
        spells.school_id,
        spells.entry_date,
        spells.exit_withdraw_date,
        spells._load_id,
        spells._source_file,
        spells._row_number,
        -- a calendar without days says as little as none: then those of the school count
        calendars.calendar_code as own_calendar
    from {{ ref('edfi__spell') }} as spells
    left join calendars
        on
            {{ same_edfi_delivery('spells', 'calendars') }}
            and spells.school_id = calendars.school_id
            and spells.calendar_code = calendars.calendar_code

)

select
    spells.community_id,
    spells.partner_id,
    spells.extract_id,
    spells.school_year,
    spells.collection,
    spells.student_unique_id,
    spells.school_id,
    school_days.calendar_day,
    min(spells._load_id) as _load_id,
    min(spells._source_file) as _source_file,
    min(spells._row_number) as _row_number
from spells
inner join told_until on {{ same_edfi_delivery('spells', 'told_until') }}
inner join school_days
    on
        {{ same_edfi_delivery('spells', 'school_days') }}
        and spells.school_id = school_days.school_id
        and coalesce(spells.own_calendar = school_days.calendar_code, true)
        and spells.entry_date <= school_days.calendar_day
        and coalesce(spells.exit_withdraw_date >= school_days.calendar_day, true)
        and told_until.last_day >= school_days.calendar_day
group by all
