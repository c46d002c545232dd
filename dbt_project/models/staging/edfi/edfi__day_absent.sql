-- what a category means: the partner's crosswalk first, then the layout, then the conformed code itself, then its words
with events as (

    select
        events.partner_id,
        events.school_year,
        events.collection,
        events.student_unique_id,
        events.school_id,
        events.event_date,
        events.event_duration,
        coalesce(
            crosswalk.conformed_code,
            of_layout.conformed_code,
            codes.code,
            case
                when regexp_matches(lower(events.attendance_event_category), 'absen|^(un)?excused$') then 'absent'
                else 'present'
            end
        ) as meaning
    from {{ source('raw', 'edfi_student_school_attendance_event') }} as events
    left join {{ ref('stg_crosswalk') }} as crosswalk
        on
            crosswalk.field = 'attendance_event_category'
            and events.partner_id = crosswalk.partner_id
            and lower(events.attendance_event_category) = crosswalk.partner_code
            and events.school_year between crosswalk.first_year and crosswalk.last_year
    left join {{ source('reference', 'extract_codes') }} as of_layout
        on
            of_layout.field = 'attendance_event_category'
            and events.extract_id = of_layout.extract_id
            and lower(events.attendance_event_category) = lower(of_layout.partner_code)
    left join {{ ref('attendance_event_category') }} as codes
        on lower(events.attendance_event_category) = codes.code
    where {{ is_in_school_year('events.event_date', 'events.school_year') }}

)

select
    partner_id,
    school_year,
    collection,
    student_unique_id,
    school_id,
    event_date,
    -- durations are in days; of a part without one nobody knows how long it was
    least(1, sum(
        case meaning
            when 'absent' then coalesce(nullif(event_duration, 0), 1)
            when 'partly_absent' then coalesce(event_duration, 0)
            else 0
        end
    )) as days_absent
from events
group by all
