-- a school that tells of nobody is no school where nobody was absent; of days to come nobody knows yet, though some
-- absences are entered ahead: a school tells up to its last event before the day that the delivery was received
with told_until as (

    select
        events.partner_id,
        events.school_year,
        events.collection,
        events.school_id,
        max(events.event_date) as last_day
    from {{ source('raw', 'edfi_student_school_attendance_event') }} as events
    left join {{ ref('stg_received') }} as deliveries on events._load_id = deliveries.load_id
    where
        {{ is_in_school_year('events.event_date', 'events.school_year') }}
        and coalesce(events.event_date < deliveries.received_date, true)
    group by events.partner_id, events.school_year, events.collection, events.school_id

)

select distinct
    school_days.partner_id,
    school_days.school_year,
    school_days.collection,
    school_days.school_id,
    school_days.calendar_code,
    school_days.calendar_day,
    coalesce(school_days.calendar_day <= told_until.last_day, false) as is_told
from {{ source('raw', 'edfi_calendar_date') }} as school_days
left join told_until
    on
        {{ same_delivery('school_days', 'told_until') }}
        and school_days.school_id = told_until.school_id
where
    {{ is_in_school_year('school_days.calendar_day', 'school_days.school_year') }}
    and regexp_matches(school_days.calendar_events, '(?i)(^|;)(instructional day|make-up day|student late arrival)')
