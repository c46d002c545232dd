select
    links.person_id,
    {{ organization_id('assessment') }} as organization_id,
    assessment.community_id,
    assessment.partner_id,
    assessment.student_id,
    assessment.school_id,
    assessment.school_year,
    assessment.collection,
    assessment.assessment_id,
    {{ conformed('subject') }},
    {{ conformed('grade_level') }},
    assessment.test_date,
    assessment.scale_score,
    assessment.performance_level,
    assessment.is_proficient,
    assessment.extract_id,
    assessment._load_id,
    assessment._row_number
from {{ source('raw', 'assessment') }} as assessment
{{ join_person('assessment') }}
{{ join_codes('subject', 'assessment') }}
{{ join_codes('grade_level', 'assessment') }}
