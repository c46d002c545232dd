select
    links.person_id,
    health_coverage.community_id,
    health_coverage.partner_id,
    health_coverage.student_id,
    health_coverage.school_year,
    health_coverage.collection,
    {{ conformed('payer_type') }},
    health_coverage.plan_name,
    health_coverage.start_date,
    health_coverage.end_date,
    health_coverage.extract_id,
    health_coverage._load_id,
    health_coverage._row_number
from {{ rows_of('health_coverage') }} as health_coverage
{{ join_person('health_coverage') }}
{{ join_codes('payer_type', 'health_coverage') }}
