select
    links.person_id,
    early_learning.community_id,
    early_learning.partner_id,
    early_learning.student_id,
    early_learning.school_year,
    early_learning.collection,
    {{ scoped_id('early_learning', 'program_id') }} as program_id,
    {{ conformed('program_type') }},
    {{ scoped_id('early_learning', 'site_id') }} as site_id,
    early_learning.start_date,
    early_learning.end_date,
    early_learning.days_enrolled,
    early_learning.days_attended,
    early_learning.hours_per_week,
    early_learning.quality_rating,
    early_learning.is_subsidized,
    early_learning.extract_id,
    early_learning._load_id,
    early_learning._row_number
from {{ rows_of('early_learning') }} as early_learning
{{ join_person('early_learning') }}
{{ join_codes('program_type', 'early_learning') }}
