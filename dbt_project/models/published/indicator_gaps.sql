{% set place = [
    'community_id', 'indicator_id', 'definition_version', 'school_year', 'collection', 'geography_level', 'geography_id'
] %}

with rates as (

    select
        shown.*,
        case when indicators.better = 'up' then 1 else -1 end as direction
    from {{ ref('indicator_values') }} as shown
    inner join {{ source('reference', 'indicators') }} as indicators
        on shown.indicator_id = indicators.indicator_id
    where shown.value_kind = 'rate'

),

subgroups as (

    select * from rates
    where disaggregate <> 'all'

),

-- how good a subgroup may be that is shown as a band: nobody worse than that can be called the best off
bands as (

    select
        {% for column in place + ['disaggregate'] %}
            shown.{{ column }},
        {% endfor %}
        max(case when indicators.better = 'up' then shown.value_high else -shown.value_low end) as best_directed_value
    from {{ ref('indicator_values') }} as shown
    inner join {{ source('reference', 'indicators') }} as indicators
        on shown.indicator_id = indicators.indicator_id
    where shown.value_kind = 'band' and shown.disaggregate <> 'all'
    group by all

),

best_rates as (

    select * from subgroups
    qualify row_number() over (
            partition by {{ place | join(', ') }}, disaggregate
            order by direction * value desc, denominator desc, subgroup asc
        ) = 1

),

best_off as (

    select best_rates.*
    from best_rates
    left join bands
        on
            best_rates.disaggregate = bands.disaggregate
            {% for column in place %}
                and best_rates.{{ column }} = bands.{{ column }}
            {% endfor %}
    where bands.best_directed_value is null or bands.best_directed_value <= best_rates.direction * best_rates.value

),

-- each subgroup beside its reference. "other" is whom it is compared with: the best-off subgroup, or everyone else in
-- the total; a difference from the total is that from everyone else times "other_share", since the subgroup is in both
comparisons as (

    select
        subgroups.*,
        'best_off' as reference,
        best_off.subgroup as reference_subgroup,
        best_off.denominator as reference_denominator,
        best_off.numerator as reference_numerator,
        best_off.denominator as other_denominator,
        best_off.numerator as other_numerator,
        1.0 as other_share
    from subgroups
    inner join best_off
        on
            subgroups.subgroup <> best_off.subgroup
            {% for column in place + ['disaggregate'] %}
                and subgroups.{{ column }} = best_off.{{ column }}
            {% endfor %}

    union all

    select
        subgroups.*,
        'total' as reference,
        'all' as reference_subgroup,
        totals.denominator as reference_denominator,
        totals.numerator as reference_numerator,
        nullif(totals.denominator - subgroups.denominator, 0) as other_denominator,
        totals.numerator - subgroups.numerator as other_numerator,
        cast(totals.denominator - subgroups.denominator as double) / totals.denominator as other_share
    from subgroups
    inner join rates as totals
        on
            totals.disaggregate = 'all'
            {% for column in place %}
                and subgroups.{{ column }} = totals.{{ column }}
            {% endfor %}

),

scored as (

    select
        *,
        cast(reference_numerator as double) / reference_denominator as reference_value,
        cast(other_numerator as double) / other_denominator as other_value,
        {{ wilson_low('other_numerator', 'other_denominator') }} as other_low,
        {{ wilson_high('other_numerator', 'other_denominator') }} as other_high,
        ceil(
            direction * cast(reference_numerator * denominator - numerator * reference_denominator as double)
            / reference_denominator
        ) as children_behind
    from comparisons

),

differences as (

    select
        *,
        100 * (value - reference_value) as gap_points,
        100 * other_share * ({{ newcombe_low('value', 'value_low', 'other_value', 'other_high') }}) as gap_points_low,
        100 * other_share * ({{ newcombe_high('value', 'value_high', 'other_value', 'other_low') }}) as gap_points_high
    from scored

)

select
    {{ place | join(',\n    ') }},
    data_maturity,
    disaggregate,
    subgroup,
    reference,
    reference_subgroup,
    denominator,
    value,
    reference_value,
    gap_points,
    cast(gap_points_low as double) as gap_points_low,
    cast(gap_points_high as double) as gap_points_high,
    value / nullif(reference_value, 0) as ratio,
    case
        when least(direction * gap_points_low, direction * gap_points_high) > 0 then 'ahead'
        when greatest(direction * gap_points_low, direction * gap_points_high) < 0 then 'behind'
        else 'not_clear'
    end as gap_status,
    cast(greatest(children_behind, 0) as bigint) as children_to_close,
    -- of everyone, the subgroup's share; of those for whom the indicator is true, its share
    case when reference = 'total' then cast(denominator as double) / reference_denominator end as share_of_children,
    case
        when reference = 'total' then cast(numerator as double) / nullif(reference_numerator, 0)
    end as share_of_those_true,
    case
        when reference = 'total'
            then
                100 * cast(numerator as double) / nullif(reference_numerator, 0)
                - 100 * cast(denominator as double) / reference_denominator
    end as disproportion_points,
    release_id
from differences
