select
    community_id,
    lower(trim(assessment_id)) as assessment_id,
    subject,
    coalesce(lower(trim(grade_level)), '') as grade_level,
    coalesce(first_year, 0) as first_year,
    coalesce(last_year, 9999) as last_year,
    cast(proficient_score as decimal(18, 4)) as proficient_score
from {{ source('reference', 'cut_scores') }}
