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
-- of several records of a dose the one that says it was given, by who gave it, before any other
qualify
    row_number() over (
        partition by
            immunization.partner_id, immunization.student_id, immunization.school_year, immunization.collection,
            immunization.vaccine_code, immunization.administered_date
        order by
            case coalesce(immunization_status_codes.conformed_code, 'completed')
                when 'completed' then 1 when 'entered_in_error' then 4 when 'not_done' then 3 else 2
            end asc,
            case immunization_source_codes.conformed_code
                when 'administered' then 1 when 'historical' then 2 else 3
            end asc,
            immunization.extract_id asc, immunization._row_number asc
    ) = 1
