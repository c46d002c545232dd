-- the newest account of a number, and half the width of its 95 % interval, whatever confidence the source has
with told as (

    select
        *,
        margin_of_error * {{ normal_z() }} / case confidence_level
            when 0.90 then 1.6448536269514722 when 0.95 then {{ normal_z() }} when 0.99 then 2.5758293035489004
        end as half_width
    from {{ ref('fct_area_measure') }}
    qualify
        row_number() over (
            partition by
                community_id, partner_id, area_type, area_id, measure_id, disaggregate, subgroup, period, value_kind,
                school_year
            order by
                case when collection = 'annual' then 0 else 1 end asc, collection asc, _load_id asc, _row_number asc
        ) = 1

),

selected as (

    select
        told.*,
        indicators.area_indicator_id,
        indicators.title,
        indicators.outcome,
        wholes.value as whole,
        wholes.half_width as whole_half_width,
        wholes.is_suppressed as is_whole_suppressed,
        indicators.denominator_measure_id is not null as is_share
    from told
    inner join {{ source('reference', 'area_indicators') }} as indicators
        on
            told.community_id = indicators.community_id
            and told.area_type = indicators.area_type
            and told.measure_id = indicators.measure_id
    left join told as wholes
        on
            told.community_id = wholes.community_id
            and told.partner_id = wholes.partner_id
            and told.area_type = wholes.area_type
            and told.area_id = wholes.area_id
            and told.school_year = wholes.school_year
            and told.period is not distinct from wholes.period
            and told.disaggregate is not distinct from wholes.disaggregate
            and told.subgroup is not distinct from wholes.subgroup
            and told.value_kind = wholes.value_kind
            and indicators.denominator_measure_id = wholes.measure_id

),

weighed as (

    select
        *,
        value / nullif(whole, 0) * whole_half_width as weighed_half_width
    from selected

),

-- a share of two estimates: US Census Bureau, Understanding and Using American Community Survey Data (2020), chapter 8;
-- where the difference under the root is negative, its formula of a ratio; also where it is nothing, but for what
-- floating point leaves, since no estimate is known without a margin
estimated as (

    select
        *,
        case when is_share then value / nullif(whole, 0) else value end as estimate,
        case
            when not is_share then half_width
            when whole > 0 and half_width - weighed_half_width > 1e-9 * half_width
                then sqrt(power(half_width, 2) - power(weighed_half_width, 2)) / whole
            when whole > 0 then sqrt(power(half_width, 2) + power(weighed_half_width, 2)) / whole
        end as estimate_half_width
    from weighed

)

select
    estimated.community_id,
    estimated.area_indicator_id,
    estimated.title,
    estimated.outcome,
    estimated.school_year,
    estimated.area_type,
    estimated.area_id,
    estimated.area_name,
    coalesce(estimated.disaggregate, 'all') as disaggregate,
    coalesce(estimated.subgroup, 'all') as subgroup,
    coalesce(estimated.period, '') as period,
    cast(estimated.estimate as double) as value, -- noqa: RF04
    cast(coalesce(
        estimated.value_low, greatest(0, estimated.estimate - estimated.estimate_half_width)
    ) as double) as value_low,
    cast(coalesce(
        estimated.value_high,
        case
            -- of two estimates the part may be more than the whole
            when estimated.is_share
                then least(greatest(1, estimated.estimate), estimated.estimate + estimated.estimate_half_width)
            else estimated.estimate + estimated.estimate_half_width
        end
    ) as double) as value_high,
    case when estimated.is_share then 'share' else estimated.value_kind end as value_kind,
    estimated.partner_id as source_partner_id,
    case
        when estimated.is_suppressed or coalesce(estimated.is_whole_suppressed, false) then 'suppressed' else ''
    end as suppression,
    this_release.release_id
from estimated
cross join {{ source('reference', 'release') }} as this_release
