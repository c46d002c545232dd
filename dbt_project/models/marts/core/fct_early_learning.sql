select
    early_learning.community_id,
    early_learning.person_id,
    early_learning.school_year,
    early_learning.collection,
    early_learning.partner_id,
    early_learning.program_id,
    early_learning.program_type,
    early_learning.site_id,
    places.place_id,
    early_learning.start_date,
    early_learning.end_date,
    early_learning.days_enrolled,
    early_learning.days_attended,
    early_learning.hours_per_week,
    early_learning.quality_rating,
    early_learning.is_subsidized,
    early_learning._load_id,
    early_learning._row_number
from {{ ref('stg_early_learning') }} as early_learning
{{ join_place('early_learning', 'site_id', 'site') }}
