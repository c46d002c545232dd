select
    links.person_id,
    {{ organization_id('attendance') }} as organization_id,
    attendance.community_id,
    attendance.partner_id,
    attendance.student_id,
    attendance.school_id,
    attendance.school_year,
    attendance.collection,
    attendance.days_enrolled,
    attendance.days_absent,
    attendance.extract_id,
    attendance._load_id,
    attendance._row_number
from {{ rows_of('attendance') }} as attendance
{{ join_person('attendance') }}
{{ join_organization('attendance') }}
