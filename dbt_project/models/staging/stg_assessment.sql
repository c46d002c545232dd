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
    {{ conformed('assessment_type') }},
    {{ conformed('subject') }},
    assessment.domain,
    {{ conformed('season') }},
    {{ conformed('grade_level') }},
    assessment.test_date,
    assessment.scale_score,
    -- levels have no common list: what the crosswalk says, else the layout, else the partner's own
    coalesce(levels.conformed_code, levels_of_layout.conformed_code, assessment.performance_level) as performance_level,
    assessment.is_proficient,
    assessment.extract_id,
    assessment._load_id,
    assessment._row_number
from {{ rows_of('assessment') }} as assessment
{{ join_person('assessment') }}
{{ join_organization('assessment') }}
{{ join_codes('assessment_type', 'assessment') }}
{{ join_codes('subject', 'assessment') }}
{{ join_codes('season', 'assessment') }}
{{ join_codes('grade_level', 'assessment') }}
left join {{ ref('stg_crosswalk') }} as levels
    on
        levels.field = 'performance_level'
        and assessment.partner_id = levels.partner_id
        and lower(assessment.performance_level) = levels.partner_code
        and assessment.school_year between levels.first_year and levels.last_year
left join {{ source('reference', 'extract_codes') }} as levels_of_layout
    on
        levels_of_layout.field = 'performance_level'
        and assessment.extract_id = levels_of_layout.extract_id
        and lower(assessment.performance_level) = lower(trim(levels_of_layout.partner_code))
