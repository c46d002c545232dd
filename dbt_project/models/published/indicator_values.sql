with decisions as (

    select * from {{ ref('cell_suppression') }}

),

-- what the decision leaves of a cell; cells outside the publication plan have no decision and stay behind, and a
-- decision holds for the counts it was made for alone
shown_parts as (

    select
        cells.community_id,
        cells.indicator_id,
        cells.definition_version,
        cells.school_year,
        cells.collection,
        cells.data_maturity,
        cells.geography_level,
        cells.geography_id,
        cells.disaggregate,
        cells.subgroup,
        case when decisions.suppression <> 'suppressed' then cells.denominator end as denominator,
        case when decisions.suppression = '' then cells.numerator end as numerator,
        decisions.band_low,
        decisions.band_high,
        decisions.suppression
    from {{ ref('indicator_cells') }} as cells
    inner join decisions
        on
            cells.community_id = decisions.community_id
            and cells.indicator_id = decisions.indicator_id
            and cells.definition_version = decisions.definition_version
            and cells.school_year = decisions.school_year
            and cells.collection = decisions.collection
            and cells.geography_level = decisions.geography_level
            and cells.geography_id = decisions.geography_id
            and cells.disaggregate = decisions.disaggregate
            and cells.subgroup = decisions.subgroup
            and cells.denominator = decisions.denominator
            and cells.numerator = decisions.numerator

)

select
    shown_parts.community_id,
    shown_parts.indicator_id,
    shown_parts.definition_version,
    shown_parts.school_year,
    shown_parts.collection,
    shown_parts.data_maturity,
    shown_parts.geography_level,
    shown_parts.geography_id,
    shown_parts.disaggregate,
    shown_parts.subgroup,
    cast(shown_parts.denominator as bigint) as denominator,
    cast(shown_parts.numerator as bigint) as numerator,
    cast(shown_parts.numerator as double) / shown_parts.denominator as value, -- noqa: RF04
    cast(coalesce(
        shown_parts.band_low, {{ wilson_low('shown_parts.numerator', 'shown_parts.denominator') }}
    ) as double) as value_low,
    cast(coalesce(
        shown_parts.band_high, {{ wilson_high('shown_parts.numerator', 'shown_parts.denominator') }}
    ) as double) as value_high,
    case
        when shown_parts.numerator is not null then 'rate'
        when shown_parts.band_low is not null then 'band'
    end as value_kind,
    shown_parts.suppression,
    this_release.release_id
from shown_parts
cross join {{ source('reference', 'release') }} as this_release
