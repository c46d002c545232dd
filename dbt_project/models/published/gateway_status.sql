-- the seven outcomes: indicators that are their own outcome, each by its definition in force
with outcomes as (

    select
        communities.community_id,
        indicators.indicator_id as outcome,
        indicators.better
    from {{ source('reference', 'indicators') }} as indicators
    cross join {{ source('reference', 'communities') }} as communities
    where indicators.indicator_id = indicators.outcome

),

shown as (

    select shown.*
    from {{ ref('indicator_values') }} as shown
    inner join {{ source('reference', 'indicator_definitions') }} as definitions
        on
            shown.indicator_id = definitions.indicator_id
            and shown.definition_version = definitions.definition_version
    where
        definitions.is_default and shown.geography_level = 'community' and shown.collection = 'annual'
        and shown.value_kind is not null

),

-- an outcome that has a trend by another definition alone has none here, and is still one of the seven
latest_trends as (

    select
        trends.community_id,
        trends.indicator_id,
        trends.school_year,
        trends.status
    from {{ ref('indicator_trends') }} as trends
    inner join {{ source('reference', 'indicator_definitions') }} as definitions
        on
            trends.indicator_id = definitions.indicator_id
            and trends.definition_version = definitions.definition_version
    where
        definitions.is_default and trends.geography_level = 'community' and trends.collection = 'annual'
        and trends.disaggregate = 'all' and trends.is_latest

),

years as (

    select
        community_id,
        max(school_year) as last_year
    from shown
    group by community_id

),

gaps as (

    select
        gaps.community_id,
        gaps.indicator_id,
        gaps.school_year
    from {{ ref('indicator_gaps') }} as gaps
    inner join {{ source('reference', 'indicator_definitions') }} as definitions
        on
            gaps.indicator_id = definitions.indicator_id
            and gaps.definition_version = definitions.definition_version
    where
        definitions.is_default and gaps.geography_level = 'community' and gaps.collection = 'annual'
        and gaps.disaggregate = 'race_ethnicity' and gaps.reference = 'best_off'

),

-- item, the gateway it opens, what it asks, how many of the seven it asks it of; then what answers it
answers as (

    select
        'baseline' as item,
        outcomes.community_id,
        outcomes.outcome,
        'indicator_values' as evidence_table,
        min(shown.school_year) as evidence_year,
        count(shown.school_year) > 0 as is_met
    from outcomes
    left join shown
        on
            outcomes.community_id = shown.community_id and outcomes.outcome = shown.indicator_id
            and shown.disaggregate = 'all'
    group by outcomes.community_id, outcomes.outcome

    union all

    select
        'disaggregated' as item,
        outcomes.community_id,
        outcomes.outcome,
        'indicator_values' as evidence_table,
        max(shown.school_year) as evidence_year,
        coalesce(
            bool_or(shown.disaggregate = 'race_ethnicity')
            and count(distinct shown.disaggregate) filter (
                where shown.disaggregate not in ('all', 'race_ethnicity') and not contains(shown.disaggregate, '_x_')
            ) > 0,
            false
        ) as is_met
    from outcomes
    left join shown
        on outcomes.community_id = shown.community_id and outcomes.outcome = shown.indicator_id
    group by outcomes.community_id, outcomes.outcome

    union all

    select
        'contributing' as item,
        outcomes.community_id,
        outcomes.outcome,
        'indicator_values' as evidence_table,
        max(shown.school_year) as evidence_year,
        count(shown.school_year) > 0 as is_met
    from outcomes
    left join {{ source('reference', 'indicators') }} as contributing
        on outcomes.outcome = contributing.outcome and contributing.indicator_id <> contributing.outcome
    left join shown
        on
            outcomes.community_id = shown.community_id and contributing.indicator_id = shown.indicator_id
            and shown.disaggregate = 'all'
    group by outcomes.community_id, outcomes.outcome

    union all

    select
        'target' as item,
        outcomes.community_id,
        outcomes.outcome,
        'indicator_trends' as evidence_table,
        max(trends.school_year) as evidence_year,
        count(trends.target_year) > 0 as is_met
    from outcomes
    left join {{ ref('indicator_trends') }} as trends
        on
            outcomes.community_id = trends.community_id and outcomes.outcome = trends.indicator_id
            and trends.disaggregate = 'all' and trends.target_year is not null
    group by outcomes.community_id, outcomes.outcome

    union all

    select
        'annual' as item,
        outcomes.community_id,
        outcomes.outcome,
        'indicator_values' as evidence_table,
        max(shown.school_year) as evidence_year,
        -- some outcomes are known a year or two after the others
        coalesce(
            max(shown.school_year) >= any_value(years.last_year) - 2 and count(distinct shown.school_year) >= 2, false
        ) as is_met
    from outcomes
    left join years on outcomes.community_id = years.community_id
    left join shown
        on
            outcomes.community_id = shown.community_id and outcomes.outcome = shown.indicator_id
            and shown.disaggregate = 'all'
    group by outcomes.community_id, outcomes.outcome

    union all

    select
        'gaps' as item,
        outcomes.community_id,
        outcomes.outcome,
        'indicator_gaps' as evidence_table,
        max(gaps.school_year) as evidence_year,
        count(gaps.school_year) > 0 as is_met
    from outcomes
    left join gaps on outcomes.community_id = gaps.community_id and outcomes.outcome = gaps.indicator_id
    group by outcomes.community_id, outcomes.outcome

    union all

    select
        'maintained_or_improved' as item,
        outcomes.community_id,
        outcomes.outcome,
        'indicator_trends' as evidence_table,
        max(trends.school_year) as evidence_year,
        -- the last that is known of an outcome may be long ago
        coalesce(
            bool_or(
                trends.status in ('maintained', 'improved') and trends.school_year >= coalesce(years.last_year, 0) - 2
            ),
            false
        ) as is_met
    from outcomes
    left join years on outcomes.community_id = years.community_id
    left join latest_trends as trends
        on outcomes.community_id = trends.community_id and outcomes.outcome = trends.indicator_id
    group by outcomes.community_id, outcomes.outcome

),

items (item, gateway, sort_order, requirement, share_needed) as (

    values
    ('baseline', 'exploring', 1, 'A value of the outcome is published', 0.85),
    ('disaggregated', 'emerging', 2, 'The outcome is published by race and ethnicity and one more disaggregate', 0.85),
    ('contributing', 'emerging', 3, 'An indicator that contributes to the outcome is published', 0.85),
    ('target', 'emerging', 4, 'The community has a target for the outcome', 0.85),
    ('annual', 'sustaining', 5, 'The outcome is published for two years or more, and one of the last three', 0.85),
    ('gaps', 'sustaining', 6, 'The gap of each race and ethnicity to the best-off is published', 0.85),
    ('maintained_or_improved', 'proof_point', 7, 'Maintained or improved, as of one of the last three years', 0.60)

),

summed as (

    select
        item,
        community_id,
        cast(count(*) filter (where is_met) as double) / count(*) as share_met
    from answers
    group by item, community_id

)

select
    answers.community_id,
    items.gateway,
    answers.item,
    cast(items.sort_order as integer) as sort_order,
    items.requirement,
    answers.outcome,
    answers.is_met,
    answers.evidence_table,
    case when answers.evidence_year is not null then cast(answers.evidence_year as integer) end as evidence_year,
    cast(items.share_needed as double) as share_needed,
    summed.share_met,
    summed.share_met >= items.share_needed as is_item_met,
    this_release.release_id
from answers
inner join items on answers.item = items.item
inner join summed on answers.item = summed.item and answers.community_id = summed.community_id
cross join {{ source('reference', 'release') }} as this_release
