{% set series = [
    'community_id', 'indicator_id', 'definition_version', 'geography_level', 'geography_id', 'disaggregate', 'subgroup',
] %}

with rates as (

    select * from {{ ref('indicator_values') }}
    where value_kind = 'rate'

),

interims as (

    select
        {% for column in series %}
            interims.{{ column }},
        {% endfor %}
        interims.school_year,
        interims.collection,
        interims.value as interim_value,
        interims.denominator,
        interims.release_id,
        annuals.value as annual_value,
        annuals.denominator as annual_denominator,
        annuals.value - interims.value as change_value
    from rates as interims
    left join rates as annuals
        on
            annuals.collection = 'annual'
            and interims.school_year = annuals.school_year
            {% for column in series %}
                and interims.{{ column }} = annuals.{{ column }}
            {% endfor %}
    where interims.collection <> 'annual'

),

-- what earlier years went on to change after the same moment
with_history as (

    select
        *,
        count(change_value) over earlier_years as n_years,
        avg(change_value) over earlier_years as mean_change,
        var_samp(change_value) over earlier_years as variance_of_changes,
        avg(1.0 / annual_denominator) over earlier_years as mean_inverse_denominator
    from interims
    window earlier_years as (
        partition by {{ series | join(', ') }}, collection
        order by school_year
        rows between unbounded preceding and 1 preceding
    )

),

projected as (

    select
        *,
        least(1.0, greatest(0.0, interim_value + mean_change)) as projected_value
    from with_history
    where n_years > 0

),

-- a rate of so few children moves by chance, in the year that is projected and in those it is projected from; years
-- that went on differently tell more, where there are enough of them. By its own rate none would move of 0 or 1, so
-- two more of either outcome are reckoned with (Agresti and Coull 1998), and where less than none would be left, the
-- rate of now
with_chance as (

    select
        *,
        greatest(
            case
                when interim_value + mean_change not between 0 and 1 then interim_value * (1 - interim_value) else 0
            end,
            (projected_value * denominator + 2) * ((1 - projected_value) * denominator + 2) / (denominator + 4) ** 2
        ) as variance_of_one
    from projected

),

with_errors as (

    select
        *,
        sqrt(greatest(
            variance_of_one * (1.0 / denominator + mean_inverse_denominator / n_years),
            case when n_years >= 3 then variance_of_changes * (1 + 1.0 / n_years) else 0 end
        )) as standard_error
    from with_chance

),

judged as (

    select
        *,
        greatest(0.0, projected_value - {{ normal_z() }} * standard_error) as projected_low,
        least(1.0, projected_value + {{ normal_z() }} * standard_error) as projected_high
    from with_errors

),

checked as (

    select
        *,
        annual_value between projected_low and projected_high as is_inside
    from judged

)

select
    community_id,
    indicator_id,
    definition_version,
    school_year,
    collection,
    geography_level,
    geography_id,
    disaggregate,
    subgroup,
    interim_value,
    cast(n_years as integer) as n_years,
    100 * mean_change as mean_change_points,
    cast(projected_value as double) as projected_value,
    cast(projected_low as double) as projected_low,
    cast(projected_high as double) as projected_high,
    annual_value,
    is_inside,
    count(is_inside) over (
        partition by community_id, indicator_id, definition_version, collection
    ) as n_checked,
    avg(case when is_inside then 1.0 when not is_inside then 0.0 end) over (
        partition by community_id, indicator_id, definition_version, collection
    ) as share_inside,
    release_id
from checked
