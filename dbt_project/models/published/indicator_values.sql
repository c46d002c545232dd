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

),

-- a year for which a delivery that the indicator needs is missing, and nothing else tells of it, is no year of 0 %
values_known as (

    select
        community_id,
        indicator_id,
        definition_version,
        min(school_year) as first_year
    from shown_parts
    where collection = 'annual'
    group by community_id, indicator_id, definition_version

),

not_received as (

    select
        incomplete.community_id,
        incomplete.indicator_id,
        values_known.definition_version,
        incomplete.school_year,
        incomplete.collection
    from {{ ref('int_incomplete_years') }} as incomplete
    inner join {{ source('reference', 'indicator_selection') }} as selection
        on
            incomplete.community_id = selection.community_id
            and incomplete.indicator_id = selection.indicator_id
    inner join values_known
        on
            incomplete.community_id = values_known.community_id
            and incomplete.indicator_id = values_known.indicator_id
            and incomplete.school_year > values_known.first_year
    left join shown_parts
        on
            incomplete.community_id = shown_parts.community_id
            and incomplete.indicator_id = shown_parts.indicator_id
            and values_known.definition_version = shown_parts.definition_version
            and incomplete.school_year = shown_parts.school_year
            and incomplete.collection = shown_parts.collection
    where incomplete.collection = 'annual' and shown_parts.indicator_id is null

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
union all
select
    not_received.community_id,
    not_received.indicator_id,
    not_received.definition_version,
    not_received.school_year,
    not_received.collection,
    'preliminary' as data_maturity,
    'community' as geography_level,
    not_received.community_id as geography_id,
    'all' as disaggregate,
    'all' as subgroup,
    null as denominator,
    null as numerator,
    null as value, -- noqa: RF04
    null as value_low,
    null as value_high,
    null as value_kind,
    'not_received' as suppression,
    this_release.release_id
from not_received
cross join {{ source('reference', 'release') }} as this_release
