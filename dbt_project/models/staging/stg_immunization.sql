select
    links.person_id,
    immunization.community_id,
    immunization.partner_id,
    immunization.student_id,
    immunization.school_year,
    immunization.collection,
    immunization.vaccine_code,
    immunization.administered_date,
    immunization.dose_number,
    {{ conformed('immunization_source') }},
    {{ conformed('immunization_status') }},
    immunization.extract_id,
    immunization._load_id,
    immunization._row_number
from {{ rows_of('immunization') }} as immunization
{{ join_person('immunization') }}
{{ join_codes('immunization_source', 'immunization') }}
{{ join_codes('immunization_status', 'immunization') }}
