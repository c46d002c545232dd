{% set series = [
    'community_id', 'indicator_id', 'definition_version', 'collection', 'geography_level', 'geography_id',
    'disaggregate', 'subgroup'
] %}

with rates as (

    select
        shown.*,
        case when indicators.better = 'up' then 1 else -1 end as direction,
        shown.geography_level = 'community' and shown.collection = 'annual' and definitions.is_default as has_target
    from {{ ref('indicator_values') }} as shown
    inner join {{ source('reference', 'indicators') }} as indicators
        on shown.indicator_id = indicators.indicator_id
    inner join {{ source('reference', 'indicator_definitions') }} as definitions
        on
            shown.indicator_id = definitions.indicator_id
            and shown.definition_version = definitions.definition_version
    where shown.value_kind = 'rate'

),

since_baseline as (

    select
        *,
        first_value(school_year) over years as baseline_year,
        first_value(value) over years as baseline_value,
        first_value(value_low) over years as baseline_low,
        first_value(value_high) over years as baseline_high,
        last_value(school_year) over years as latest_year
    from rates
    window years as (
        partition by {{ series | join(', ') }}
        order by school_year
        rows between unbounded preceding and unbounded following
    )

),

changes as (

    select
        *,
        school_year = baseline_year as is_baseline,
        100 * (value - baseline_value) as change_points,
        100 * ({{ newcombe_low('value', 'value_low', 'baseline_value', 'baseline_high') }}) as change_low,
        100 * ({{ newcombe_high('value', 'value_high', 'baseline_value', 'baseline_low') }}) as change_high
    from since_baseline

),

-- a target is a goal of the whole community, for whole years as the default definition counts them; the next one due
-- counts
aims as (

    select
        changes.*,
        targets.school_year as target_year,
        targets.target as target_value,
        100 * changes.direction * (targets.target - changes.value) as distance_to_target_points
    from changes
    left join {{ source('reference', 'targets') }} as targets
        on
            changes.community_id = targets.community_id
            and changes.indicator_id = targets.indicator_id
            and changes.disaggregate = targets.disaggregate
            and changes.subgroup = targets.subgroup
            and changes.school_year <= targets.school_year
            and changes.has_target
    qualify row_number() over (
            partition by
                {{ (series | map('replace', '', 'changes.', 1) | list + ['changes.school_year']) | join(', ') }}
            order by targets.school_year asc nulls last
        ) = 1

)

select
    {{ series[:3] | join(',\n    ') }},
    school_year,
    {{ series[3:] | join(',\n    ') }},
    data_maturity,
    value,
    baseline_year,
    baseline_value,
    case when not is_baseline then change_points end as change_points,
    cast(case when not is_baseline then change_low end as double) as change_points_low,
    cast(case when not is_baseline then change_high end as double) as change_points_high,
    case
        when is_baseline then 'baseline'
        when least(direction * change_low, direction * change_high) > 0 then 'improved'
        when greatest(direction * change_low, direction * change_high) < 0 then 'worsened'
        else 'maintained'
    end as status,
    school_year = latest_year as is_latest,
    target_year,
    target_value,
    distance_to_target_points,
    case
        when distance_to_target_points <= 0 then 0.0
        else distance_to_target_points / nullif(target_year - school_year, 0)
    end as pace_needed_points_per_year,
    release_id
from aims
