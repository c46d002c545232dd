select
    links.person_id,
    {{ organization_id('diploma') }} as organization_id,
    diploma.community_id,
    diploma.partner_id,
    diploma.student_id,
    diploma.school_id,
    diploma.school_year,
    diploma.collection,
    diploma.diploma_date,
    {{ conformed('diploma_type') }},
    diploma.extract_id,
    diploma._load_id,
    diploma._row_number
from {{ rows_of('diploma') }} as diploma
{{ join_person('diploma') }}
{{ join_organization('diploma') }}
{{ join_codes('diploma_type', 'diploma') }}
