with events as (

    select
        events.partner_id,
        events.school_year,
        events.collection,
        events.student_unique_id,
        events.school_id,
        events.event_date,
        -- durations are in days; a part without one is none, as nobody knows how long it was
        case attendance_event_category_codes.conformed_code
            when 'absent' then coalesce(nullif(events.event_duration, 0), 1)
            when 'partly_absent' then coalesce(events.event_duration, 0)
            when 'present' then 0
        end as days_absent
    from {{ source('raw', 'edfi_student_school_attendance_event') }} as events
    {{ join_codes('attendance_event_category', 'events') }}
    where {{ is_in_school_year('events.event_date', 'events.school_year') }}

)

select
    partner_id,
    school_year,
    collection,
    student_unique_id,
    school_id,
    event_date,
    -- what an unmapped category means makes no difference to a day that is lost already
    case
        when sum(days_absent) >= 1 then 1
        when count(days_absent) = count(*) then sum(days_absent)
    end as days_absent
from events
group by all
