select
    links.person_id,
    {{ organization_id('enrollment') }} as organization_id,
    enrollment.community_id,
    enrollment.partner_id,
    enrollment.student_id,
    enrollment.school_id,
    enrollment.school_year,
    enrollment.collection,
    enrollment.entry_date,
    enrollment.exit_date,
    {{ conformed('grade_level') }},
    {{ conformed('exit_code') }},
    enrollment.is_primary,
    enrollment.extract_id,
    enrollment._load_id,
    enrollment._row_number
from {{ rows_of('enrollment') }} as enrollment
{{ join_person('enrollment') }}
{{ join_organization('enrollment') }}
{{ join_codes('grade_level', 'enrollment') }}
{{ join_codes('exit_code', 'enrollment') }}
