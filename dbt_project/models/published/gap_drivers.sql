{% set place = ['community_id', 'indicator_id', 'definition_version', 'school_year', 'collection', 'disaggregate'] %}
{% set gap = place + ['subgroup', 'reference_subgroup'] %}

with rates as (

    select *
    from {{ ref('indicator_values') }}
    where
        value_kind = 'rate' and geography_level in ('community', 'school')
        and (
            disaggregate = 'all'
            or disaggregate in (select singles.disaggregate_id from {{ ref('disaggregates') }} as singles)
        )

),

-- whom a subgroup is compared with: the best-off one, as in indicator_gaps, and everyone else in the place
best_off as (

    select distinct
        {{ gap | join(',\n        ') }}
    from {{ ref('indicator_gaps') }}
    where geography_level = 'community' and reference = 'best_off'

),

compared as (

    select
        own.*,
        best_off.reference_subgroup,
        other.denominator as other_denominator,
        other.numerator as other_numerator
    from rates as own
    inner join best_off
        on
            own.subgroup = best_off.subgroup
            {% for column in place %}
                and own.{{ column }} = best_off.{{ column }}
            {% endfor %}
    inner join rates as other
        on
            own.geography_id = other.geography_id
            and best_off.reference_subgroup = other.subgroup
            {% for column in place %}
                and own.{{ column }} = other.{{ column }}
            {% endfor %}

    union all

    select
        own.*,
        'everyone_else' as reference_subgroup,
        total.denominator - own.denominator as other_denominator,
        total.numerator - own.numerator as other_numerator
    from rates as own
    inner join rates as total
        on
            total.disaggregate = 'all'
            and own.geography_id = total.geography_id
            {% for column in place[:-1] %}
                and own.{{ column }} = total.{{ column }}
            {% endfor %}
    where own.disaggregate <> 'all'

),

gaps as (

    select
        {% for column in gap %}
            compared.{{ column }},
        {% endfor %}
        compared.data_maturity,
        compared.denominator,
        compared.numerator,
        compared.other_denominator,
        compared.other_numerator,
        cast(compared.other_numerator as double) / compared.other_denominator as other_rate,
        100 * (
            cast(compared.numerator as double) / compared.denominator
            - cast(compared.other_numerator as double) / compared.other_denominator
        ) as gap_points,
        case when indicators.better = 'up' then 1 else -1 end as direction,
        compared.release_id
    from compared
    inner join {{ source('reference', 'indicators') }} as indicators
        on compared.indicator_id = indicators.indicator_id
    where compared.geography_level = 'community' and compared.other_denominator > 0

),

schools as (

    select
        {{ gap | join(',\n        ') }},
        geography_id,
        denominator,
        numerator,
        other_denominator,
        other_numerator
    from compared
    where geography_level = 'school'

),

-- all other schools are one: what the community's numbers have beyond the schools shown
remaining as (

    select
        {% for column in gap %}
            gaps.{{ column }},
        {% endfor %}
        'other_schools' as geography_id,
        any_value(gaps.denominator) - sum(schools.denominator) as denominator,
        any_value(gaps.numerator) - sum(schools.numerator) as numerator,
        any_value(gaps.other_denominator) - sum(schools.other_denominator) as other_denominator,
        any_value(gaps.other_numerator) - sum(schools.other_numerator) as other_numerator
    from gaps
    inner join schools
        on
            {% for column in gap %}
                {{ 'and ' if not loop.first }}gaps.{{ column }} = schools.{{ column }}
            {% endfor %}
    group by {{ (gap | map('replace', '', 'gaps.', 1) | list) | join(', ') }}

),

parts as (

    select * from schools
    union all
    select * from remaining
    where denominator > 0 or other_denominator > 0

),

weighed as (

    select
        parts.*,
        gaps.data_maturity,
        gaps.gap_points,
        gaps.other_rate as rate_of_reference,
        gaps.direction,
        gaps.release_id,
        cast(parts.denominator as double) / gaps.denominator as own_share,
        cast(parts.other_denominator as double) / gaps.other_denominator as other_share,
        -- where one of the two is not, there is no difference within
        coalesce(
            cast(parts.numerator as double) / nullif(parts.denominator, 0),
            cast(parts.other_numerator as double) / nullif(parts.other_denominator, 0)
        ) as own_rate,
        coalesce(
            cast(parts.other_numerator as double) / nullif(parts.other_denominator, 0),
            cast(parts.numerator as double) / nullif(parts.denominator, 0)
        ) as other_rate
    from parts
    inner join gaps
        on
            {% for column in gap %}
                {{ 'and ' if not loop.first }}parts.{{ column }} = gaps.{{ column }}
            {% endfor %}

),

-- Kitagawa (1955), JASA 50:1168-1194. The parts of a gap sum to it whichever rate is taken off between schools; that of
-- the reference says whether a school that has more of the subgroup is better or worse than where the reference is
decomposed as (

    select
        *,
        100 * (own_share + other_share) / 2 * (own_rate - other_rate) as within_points,
        100 * (own_share - other_share) * ((own_rate + other_rate) / 2 - rate_of_reference) as between_points,
        greatest(ceil(direction * (rate_of_reference * denominator - numerator) - 1e-9), 0) as n_to_close
    from weighed

)

select
    {{ gap | join(',\n    ') }},
    geography_id,
    data_maturity,
    gap_points,
    cast(denominator as bigint) as denominator,
    own_rate as value, -- noqa: RF04
    other_rate as reference_value,
    own_share as share_of_subgroup,
    within_points,
    between_points,
    cast(n_to_close as bigint) as children_to_close,
    case
        when geography_id <> 'other_schools'
            then
                cast(row_number() over (
                    partition by {{ gap | join(', ') }}, geography_id = 'other_schools'
                    order by n_to_close desc, geography_id asc
                ) as integer)
    end as school_rank,
    release_id
from decomposed
