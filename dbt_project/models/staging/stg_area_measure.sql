select
    area_measure.community_id,
    area_measure.partner_id,
    area_measure.school_year,
    area_measure.collection,
    {{ conformed('area_type') }},
    area_measure.area_id,
    area_measure.area_name,
    area_measure.measure_id,
    area_measure.disaggregate,
    area_measure.subgroup,
    area_measure.period,
    {{ conformed('value_kind') }},
    area_measure.value,
    area_measure.value_low,
    area_measure.value_high,
    area_measure.margin_of_error,
    area_measure.confidence_level,
    area_measure.numerator,
    area_measure.denominator,
    area_measure.rate_base,
    area_measure.suppression_marker,
    area_measure.extract_id,
    area_measure._load_id,
    area_measure._row_number
from {{ rows_of('area_measure') }} as area_measure
{{ join_codes('area_type', 'area_measure') }}
{{ join_codes('value_kind', 'area_measure') }}
