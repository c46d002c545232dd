select
    links.person_id,
    status.community_id,
    status.partner_id,
    status.student_id,
    status.school_year,
    status.collection,
    status.status_start_date,
    status.status_end_date,
    -- a spell that ended before the school year began, or starts after it, says nothing of the year, nor does one that
    -- ends before it begins
    coalesce(status.status_end_date >= make_date(status.school_year - 1, 7, 1), true)
    and coalesce(status.status_start_date <= make_date(status.school_year, 6, 30), true)
    and coalesce(status.status_start_date <= status.status_end_date, true) as is_in_school_year,
    status.is_economically_disadvantaged,
    status.is_english_learner,
    status.has_disability,
    status.is_homeless,
    status.is_in_foster_care,
    status.is_migrant,
    status.is_military_connected,
    status.is_doubled_up,
    status.extract_id,
    status._load_id,
    status._row_number
from {{ rows_of('student_status') }} as status
{{ join_person('status') }}
