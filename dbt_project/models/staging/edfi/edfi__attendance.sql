select
    enrolled.community_id,
    enrolled.partner_id,
    enrolled.extract_id,
    enrolled.school_year,
    enrolled.collection,
    enrolled.student_unique_id as student_id,
    enrolled.school_id,
    cast(count(*) as decimal(18, 4)) as days_enrolled,
    -- an absence counts on a day of instruction on which the child was enrolled
    cast(coalesce(sum(absent.days_absent), 0) as decimal(18, 4)) as days_absent,
    min(enrolled._load_id) as _load_id,
    min(enrolled._source_file) as _source_file,
    min(enrolled._row_number) as _row_number
from {{ ref('edfi__day_enrolled') }} as enrolled
left join {{ ref('edfi__day_absent') }} as absent
    on
        {{ same_edfi_delivery('enrolled', 'absent') }}
        and enrolled.student_unique_id = absent.student_unique_id
        and enrolled.school_id = absent.school_id
        and enrolled.calendar_day = absent.event_date
group by
    enrolled.community_id, enrolled.partner_id, enrolled.extract_id, enrolled.school_year, enrolled.collection,
    enrolled.student_unique_id, enrolled.school_id
