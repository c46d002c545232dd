{% set keys = [
    'community_id', 'indicator_id', 'definition_version', 'school_year', 'collection', 'geography_level', 'geography_id',
    'disaggregate', 'subgroup',
] %}

with decisions as (

    select * from {{ ref('cell_suppression') }}

),

folds as (

    select * from {{ source('reference', 'disclosure_folds') }}

),

-- rare subgroups that are one at their level, as disclosure control saw them
cells as (

    select
        {% for column in keys %}
            cells.{{ column }},
        {% endfor %}
        cells.data_maturity,
        cells.denominator,
        cells.numerator
    from {{ ref('indicator_cells') }} as cells
    left join folds
        on
            cells.community_id = folds.community_id
            and cells.geography_level = folds.geography_level
            and cells.disaggregate = folds.disaggregate
            and cells.subgroup = folds.subgroup
    where folds.subgroup is null

    union all

    select
        {% for column in keys[:-1] %}
            cells.{{ column }},
        {% endfor %}
        folds.folded_subgroup as subgroup,
        any_value(cells.data_maturity) as data_maturity,
        cast(sum(cells.denominator) as bigint) as denominator,
        cast(sum(cells.numerator) as bigint) as numerator
    from {{ ref('indicator_cells') }} as cells
    inner join folds
        on
            cells.community_id = folds.community_id
            and cells.geography_level = folds.geography_level
            and cells.disaggregate = folds.disaggregate
            and cells.subgroup = folds.subgroup
    group by all

),

-- what the decision leaves of a cell; cells outside the publication plan have no decision and stay behind, and a
-- decision holds for the counts it was made for alone
shown_parts as (

    select
        {% for column in keys %}
            cells.{{ column }},
        {% endfor %}
        cells.data_maturity,
        case when decisions.suppression <> 'suppressed' then cells.denominator end as denominator,
        case when decisions.suppression = '' then cells.numerator end as numerator,
        decisions.band_low,
        decisions.band_high,
        decisions.suppression
    from cells
    inner join decisions
        on
            {% for column in keys %}
                {{ 'and ' if not loop.first }}cells.{{ column }} = decisions.{{ column }}
            {% endfor %}
            and cells.denominator = decisions.denominator
            and cells.numerator = decisions.numerator
    where decisions.held_since is null

),

-- how the community shows what may be shown; each is made of numbers that could be shown as they are. No group is
-- rounded to 0, which would say that nobody is in it
ruled as (

    select
        shown_parts.*,
        rules.shows = 'percentages' as is_percentage,
        case
            when rules.shows = 'counts' and shown_parts.denominator < rules.rounded_under then rules.rounded_to
        end as rounded_to,
        {{ rounded_count('shown_parts.denominator', 'rules.rounded_to') }} as rounded_denominator,
        communities.minimum_denominator,
        cast(shown_parts.numerator as double) / shown_parts.denominator as rate
    from shown_parts
    inner join {{ source('reference', 'disclosure_rules') }} as rules
        on shown_parts.community_id = rules.community_id
    inner join {{ source('reference', 'communities') }} as communities
        on shown_parts.community_id = communities.community_id

),

-- the range of a rounded group is at least five children wide, whatever number was rounded to it
ranged as (

    select
        *,
        {{ range_points('rounded_denominator', 'rounded_to', 'minimum_denominator') }} as range_points
    from ruled

),

presented as (

    select
        {{ keys | join(',\n        ') }},
        data_maturity,
        cast(case
            when is_percentage then null
            when rounded_to is not null then rounded_denominator
            else denominator
        end as bigint) as denominator,
        rounded_to,
        cast(case when not is_percentage and rounded_to is null then numerator end as bigint) as numerator,
        case
            when is_percentage then round(rate, 2)
            when rounded_to is null then rate
        end as value, -- noqa: RF04
        case
            when is_percentage then floor(round(20 * band_low, 6)) / 20
            when rounded_to is not null then {{ range_low('coalesce(band_low, rate)', 'range_points') }}
            else coalesce(band_low, {{ wilson_low('numerator', 'denominator') }})
        end as value_low,
        case
            when is_percentage then ceil(round(20 * band_high, 6)) / 20
            when rounded_to is not null and band_high is not null
                then ceil(round(100 * band_high / range_points, 6)) * range_points / 100
            when rounded_to is not null then {{ range_low('rate', 'range_points') }} + range_points / 100
            else coalesce(band_high, {{ wilson_high('numerator', 'denominator') }})
        end as value_high,
        case
            when band_low is not null then 'band'
            when rate is null then null
            when is_percentage then 'percent'
            when rounded_to is not null then 'band'
            else 'rate'
        end as value_kind,
        case when rounded_to is not null and suppression = '' then 'rounded' else suppression end as suppression,
        cast(null as varchar) as held_since
    from ranged

    union all

    -- of what is held the decision has what that release showed, as it showed it
    select
        {{ keys | join(',\n        ') }},
        data_maturity,
        denominator,
        rounded_to,
        numerator,
        value, -- noqa: RF04
        coalesce(value_low, {{ wilson_low('numerator', 'denominator') }}) as value_low,
        coalesce(value_high, {{ wilson_high('numerator', 'denominator') }}) as value_high,
        value_kind,
        suppression,
        held_since
    from decisions
    where held_since is not null

),

-- a year for which a delivery that the indicator needs is missing, and nothing else tells of it, is no year of 0 %
values_known as (

    select
        community_id,
        indicator_id,
        definition_version,
        min(school_year) as first_year
    from presented
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
    left join presented
        on
            incomplete.community_id = presented.community_id
            and incomplete.indicator_id = presented.indicator_id
            and values_known.definition_version = presented.definition_version
            and incomplete.school_year = presented.school_year
            and incomplete.collection = presented.collection
    where incomplete.collection = 'annual' and presented.indicator_id is null

)

select
    {% for column in keys[:5] %}
        presented.{{ column }},
    {% endfor %}
    presented.data_maturity,
    {% for column in keys[5:] %}
        presented.{{ column }},
    {% endfor %}
    presented.denominator,
    cast(presented.rounded_to as integer) as rounded_to,
    presented.numerator,
    presented.value, -- noqa: RF04
    cast(presented.value_low as double) as value_low,
    cast(presented.value_high as double) as value_high,
    presented.value_kind,
    presented.suppression,
    presented.held_since,
    this_release.release_id
from presented
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
    null as rounded_to,
    null as numerator,
    null as value, -- noqa: RF04
    null as value_low,
    null as value_high,
    null as value_kind,
    'not_received' as suppression,
    null as held_since,
    this_release.release_id
from not_received
cross join {{ source('reference', 'release') }} as this_release
