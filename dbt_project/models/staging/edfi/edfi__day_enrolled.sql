select distinct
    spells.partner_id,
    spells.school_year,
    spells.collection,
    spells.student_unique_id,
    spells.school_id,
    school_days.calendar_day
from {{ ref('edfi__classmate') }} as classmates
inner join {{ ref('edfi__calendar_spell') }} as spells
    on
        {{ same_delivery('classmates', 'spells') }}
        and classmates.student_unique_id = spells.student_unique_id
        and classmates.school_id = spells.school_id
inner join {{ ref('edfi__school_day') }} as school_days
    on
        {{ same_delivery('spells', 'school_days') }}
        and spells.school_id = school_days.school_id
        and coalesce(spells.own_calendar = school_days.calendar_code, true)
        and spells.first_day <= school_days.calendar_day
        and spells.last_day >= school_days.calendar_day
where
    classmates.student_unique_id = classmates.first_classmate_id
    and school_days.is_told
