select
    links.person_id,
    screening.community_id,
    screening.partner_id,
    screening.student_id,
    screening.school_year,
    screening.collection,
    {{ conformed('screening_type') }},
    screening.instrument,
    screening.domain,
    screening.screened_date,
    {{ conformed('screening_result') }},
    screening.numeric_result,
    screening.result_unit,
    screening.was_referred,
    screening.extract_id,
    screening._load_id,
    screening._row_number
from {{ rows_of('screening') }} as screening
{{ join_person('screening') }}
{{ join_codes('screening_type', 'screening') }}
{{ join_codes('screening_result', 'screening') }}
