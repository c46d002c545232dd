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
-- decision holds for the counts it was made for alone. Of what is held the decision has the numbers of that release
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
        decisions.suppression,
        cast(null as double) as shown_value,
        decisions.held_since
    from cells
    inner join decisions
        on
            {% for column in keys %}
                {{ 'and ' if not loop.first }}cells.{{ column }} = decisions.{{ column }}
            {% endfor %}
            and cells.denominator = decisions.denominator
            and cells.numerator = decisions.numerator
    where decisions.held_since is null

    union all

    select
        {{ keys | join(',\n        ') }},
        data_maturity,
        denominator,
        numerator,
        band_low,
        band_high,
        suppression,
        shown_value,
        held_since
    from decisions
    where held_since is not null

),

-- how the community shows what may be shown; each is made of numbers that could be shown as they are
ruled as (

    select
        shown_parts.*,
        rules.shows = 'percentages'
        or (shown_parts.shown_value is not null and shown_parts.numerator is null) as is_percentage,
        rules.shows = 'counts' and coalesce(shown_parts.denominator < rules.rounded_under, false) as is_rounded,
        rules.rounded_to,
        round(shown_parts.denominator / rules.rounded_to) * rules.rounded_to as rounded_denominator,
        coalesce(cast(shown_parts.numerator as double) / shown_parts.denominator, shown_parts.shown_value) as rate
    from shown_parts
    inner join {{ source('reference', 'disclosure_rules') }} as rules
        on shown_parts.community_id = rules.community_id

),

-- the range of a rounded group is at least five children wide, whatever number was rounded to it
presented as (

    select
        *,
        case
            when rounded_denominator - rounded_to / 2 >= 100 then 5
            when rounded_denominator - rounded_to / 2 >= 50 then 10
            when rounded_denominator - rounded_to / 2 >= 25 then 20
            else 50
        end as range_points
    from ruled

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
    {% for column in keys[:5] %}
        presented.{{ column }},
    {% endfor %}
    presented.data_maturity,
    {% for column in keys[5:] %}
        presented.{{ column }},
    {% endfor %}
    cast(case
        when presented.is_percentage then null
        when presented.is_rounded then presented.rounded_denominator
        else presented.denominator
    end as bigint) as denominator,
    cast(case
        when not presented.is_percentage and not presented.is_rounded then presented.numerator
    end as bigint) as numerator,
    case
        when presented.is_percentage then round(presented.rate, 2)
        when not presented.is_rounded then presented.rate
    end as value, -- noqa: RF04
    cast(case
        when presented.is_percentage then floor(round(20 * presented.band_low, 6)) / 20
        when presented.is_rounded
            then {{ range_low('coalesce(presented.band_low, presented.rate)', 'presented.range_points') }}
        else coalesce(presented.band_low, {{ wilson_low('presented.numerator', 'presented.denominator') }})
    end as double) as value_low,
    cast(case
        when presented.is_percentage then ceil(round(20 * presented.band_high, 6)) / 20
        when presented.is_rounded and presented.band_high is not null
            then ceil(round(100 * presented.band_high / presented.range_points, 6)) * presented.range_points / 100
        when presented.is_rounded
            then {{ range_low('presented.rate', 'presented.range_points') }} + presented.range_points / 100
        else coalesce(presented.band_high, {{ wilson_high('presented.numerator', 'presented.denominator') }})
    end as double) as value_high,
    case
        when presented.band_low is not null then 'band'
        when presented.rate is null then null
        when presented.is_percentage then 'percent'
        when presented.is_rounded then 'band'
        else 'rate'
    end as value_kind,
    case
        when presented.is_rounded and presented.suppression = '' then 'rounded'
        else presented.suppression
    end as suppression,
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
