select
    community_id,
    staff_key,
    school_year,
    collection,
    organization_id,
    partner_id,
    staff_classification,
    full_time_equivalent,
    race_ethnicity,
    races,
    start_date,
    end_date,
    coalesce(start_date <= make_date(school_year - 1, 10, 1), true)
    and coalesce(end_date >= make_date(school_year - 1, 10, 1), true) as is_in_post_on_october_1,
    _load_id,
    _row_number
from {{ ref('stg_staff_assignment') }}
