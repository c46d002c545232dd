with enrolled as (

    select
        partner_id,
        school_year,
        collection,
        student_unique_id,
        school_id,
        count(*) as days_enrolled
    from {{ ref('edfi__day_enrolled') }}
    group by partner_id, school_year, collection, student_unique_id, school_id

),

-- an absence counts on a day of instruction on which the child was enrolled
absent as (

    select
        classmates.partner_id,
        classmates.school_year,
        classmates.collection,
        classmates.student_unique_id,
        classmates.school_id,
        sum(events.days_absent) as days_absent,
        bool_or(events.days_absent is null) as is_unknown
    from {{ ref('edfi__classmate') }} as classmates
    inner join {{ ref('edfi__day_absent') }} as events
        on
            {{ same_delivery('classmates', 'events') }}
            and classmates.student_unique_id = events.student_unique_id
            and classmates.school_id = events.school_id
    where
        exists (
            select 1
            from {{ ref('edfi__day_enrolled') }} as school_days
            where
                {{ same_delivery('classmates', 'school_days') }}
                and classmates.first_classmate_id = school_days.student_unique_id
                and classmates.school_id = school_days.school_id
                and events.event_date = school_days.calendar_day
        )
    group by
        classmates.partner_id, classmates.school_year, classmates.collection, classmates.student_unique_id,
        classmates.school_id

)

select
    classmates.community_id,
    classmates.partner_id,
    classmates.extract_id,
    classmates.school_year,
    classmates.collection,
    classmates.student_unique_id as student_id,
    classmates.school_id,
    cast(enrolled.days_enrolled as decimal(18, 4)) as days_enrolled,
    -- one day of which nobody knows whether it was lost leaves the child without a rate
    cast(case when not coalesce(absent.is_unknown, false) then coalesce(absent.days_absent, 0) end as decimal(18, 4))
        as days_absent,
    classmates._load_id,
    classmates._source_file,
    classmates._row_number
from {{ ref('edfi__classmate') }} as classmates
inner join enrolled
    on
        {{ same_delivery('classmates', 'enrolled') }}
        and classmates.first_classmate_id = enrolled.student_unique_id
        and classmates.school_id = enrolled.school_id
left join absent
    on
        {{ same_delivery('classmates', 'absent') }}
        and classmates.student_unique_id = absent.student_unique_id
        and classmates.school_id = absent.school_id
