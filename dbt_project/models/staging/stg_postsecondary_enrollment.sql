select
    links.person_id,
    enrollment.community_id,
    enrollment.partner_id,
    enrollment.student_id,
    enrollment.school_year,
    enrollment.collection,
    enrollment.college_code,
    enrollment.college_name,
    enrollment.enrollment_begin_date,
    enrollment.enrollment_end_date,
    {{ conformed('enrollment_status') }},
    enrollment.credits_attempted,
    enrollment.credits_earned,
    enrollment.extract_id,
    enrollment._load_id,
    enrollment._row_number
from {{ rows_of('postsecondary_enrollment') }} as enrollment
{{ join_person('enrollment') }}
{{ join_codes('enrollment_status', 'enrollment') }}
