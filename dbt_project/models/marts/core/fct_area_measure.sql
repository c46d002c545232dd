select
    community_id,
    school_year,
    collection,
    partner_id,
    area_type,
    area_id,
    area_name,
    measure_id,
    disaggregate,
    subgroup,
    period,
    value_kind,
    -- a source may leave a stand-in, such as -1, beside its marker
    case when suppression_marker is null then value end as value, -- noqa: RF04
    value_low,
    value_high,
    margin_of_error,
    confidence_level,
    numerator,
    denominator,
    rate_base,
    suppression_marker is not null as is_suppressed,
    suppression_marker,
    _load_id,
    _row_number
from {{ ref('stg_area_measure') }}
