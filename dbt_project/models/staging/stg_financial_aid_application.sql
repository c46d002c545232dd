select
    links.person_id,
    application.community_id,
    application.partner_id,
    application.student_id,
    application.school_year,
    application.collection,
    application.application_date,
    application.is_complete,
    application.extract_id,
    application._load_id,
    application._row_number
from {{ rows_of('financial_aid_application') }} as application
{{ join_person('application') }}
