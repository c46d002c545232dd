select
    links.person_id,
    employment.community_id,
    employment.partner_id,
    employment.student_id,
    employment.school_year,
    employment.collection,
    employment.employer_id,
    employment.industry_code,
    employment.wage_year,
    employment.wage_quarter,
    employment.wages,
    employment.hours_worked,
    employment.work_state,
    employment.extract_id,
    employment._load_id,
    employment._row_number
from {{ rows_of('employment') }} as employment
{{ join_person('employment') }}
