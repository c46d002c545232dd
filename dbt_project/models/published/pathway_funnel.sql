select
    shown.community_id,
    shown.indicator_id as pathway,
    shown.school_year as cohort_year,
    shown.definition_version as step,
    cast(definitions.parameters['step'] as integer) as step_order,
    shown.geography_level,
    shown.geography_id,
    shown.disaggregate,
    shown.subgroup,
    shown.data_maturity,
    shown.denominator as cohort_size,
    shown.numerator as n_reached,
    shown.value as share_reached,
    shown.value_low as share_low,
    shown.value_high as share_high,
    shown.value_kind,
    shown.suppression,
    shown.release_id
from {{ ref('indicator_values') }} as shown
inner join {{ source('reference', 'indicators') }} as indicators
    on shown.indicator_id = indicators.indicator_id
inner join {{ source('reference', 'indicator_definitions') }} as definitions
    on
        shown.indicator_id = definitions.indicator_id
        and shown.definition_version = definitions.definition_version
where indicators.stage = 'pathway'
