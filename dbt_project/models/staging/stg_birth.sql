select
    links.person_id,
    birth.community_id,
    birth.partner_id,
    birth.student_id,
    birth.school_year,
    birth.collection,
    year(birth.birth_date) as birth_year,
    birth.birth_weight_grams,
    birth.gestation_weeks,
    birth.prenatal_care_month,
    birth.prenatal_visits,
    birth.plurality,
    birth.mother_age_years,
    {{ conformed('payer_type') }},
    birth.zip_code,
    birth.tract_id,
    birth.extract_id,
    birth._load_id,
    birth._row_number
from {{ rows_of('birth') }} as birth
{{ join_person('birth') }}
{{ join_codes('payer_type', 'birth') }}
