{# what is read side by side: all subgroups and places of one level #}
{% set compared = 'community_id, indicator_id, definition_version, school_year, collection, geography_level' %}
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
        first_value(numerator) over years as baseline_numerator,
        first_value(denominator) over years as baseline_denominator,
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

-- how likely a change this large is by chance alone, and among the changes that stand side by side in a report
tested as (

    select
        *,
        {{ two_proportion_p('numerator', 'denominator', 'baseline_numerator', 'baseline_denominator') }} as p_of_change
    from changes

),

without_baselines as (

    select
        *,
        case when not is_baseline then p_of_change end as p_value
    from tested

),

ranked as (

    select
        *,
        p_value * count(p_value) over compared / nullif(row_number() over (
            partition by {{ compared }}
            order by p_value asc nulls last, disaggregate asc, subgroup asc, geography_id asc
        ), 0) as p_of_rank
    from without_baselines
    window compared as (partition by {{ compared }})

),

adjusted as (

    select
        *,
        min(p_of_rank) over (
            partition by {{ compared }}
            order by p_value desc nulls last, disaggregate desc, subgroup desc, geography_id desc
            rows between unbounded preceding and current row
        ) as least_p_of_rank
    from ranked

),

-- a target is a goal of the whole community, for whole years as the default definition counts them; the next one due
-- counts
aims as (

    select
        adjusted.*,
        targets.school_year as target_year,
        targets.target as target_value,
        100 * adjusted.direction * (targets.target - adjusted.value) as distance_to_target_points
    from adjusted
    left join {{ source('reference', 'targets') }} as targets
        on
            adjusted.community_id = targets.community_id
            and adjusted.indicator_id = targets.indicator_id
            and adjusted.disaggregate = targets.disaggregate
            and adjusted.subgroup = targets.subgroup
            and adjusted.school_year <= targets.school_year
            and adjusted.has_target
    qualify row_number() over (
            partition by
                {{ (series | map('replace', '', 'adjusted.', 1) | list + ['adjusted.school_year']) | join(', ') }}
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
    cast(p_value as double) as p_value,
    case when p_value is not null then cast(least(1.0, least_p_of_rank) as double) end as q_value,
    case
        when is_baseline then 'baseline'
        when least_p_of_rank > 0.05 or change_points = 0 then 'maintained'
        when direction * change_points > 0 then 'improved'
        else 'worsened'
    end as status_among_many,
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
