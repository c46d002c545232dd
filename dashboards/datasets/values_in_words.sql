-- One row per row of indicator_values: titles, hidden numbers said in words, and the way to the target.
-- A window's partition names what readers filter by, titles too: only such a filter reaches the tables below it.
-- What readers filter by is of one table each, else PostgreSQL takes its rows for a few, and reads others once for each.
select
    told.community_id,
    communities.title as community,
    told.indicator_id,
    indicators.title as indicator,
    indicators.stage,
    indicators.better,
    indicators.sort_order as indicator_order,
    -- the rule of every dashboard: one version per indicator unless another is asked for by name
    case when indicators.is_default then 'default' else indicators.definition_version end as definition,
    told.definition_version,
    told.collection,
    told.school_year,
    make_date(told.school_year, 6, 30) as school_year_end,
    school_years.title as school_year_title,
    told.data_maturity,
    told.geography_level,
    told.geography_id,
    geographies.title as place,
    told.disaggregate,
    subgroups.disaggregate_title,
    told.subgroup,
    subgroups.subgroup_title,
    subgroups.is_pair,
    subgroups.sort_order as subgroup_order,
    told.denominator,
    told.value,
    told.value_low,
    told.value_high,
    told.suppression,
    case told.suppression
        when '' then cast(cast(100 * told.value as decimal(6, 1)) as varchar) || ' %'
        when 'coded_low' then 'at most ' || cast(cast(100 * told.value_high as integer) as varchar) || ' %'
        when 'coded_high' then 'at least ' || cast(cast(100 * told.value_low as integer) as varchar) || ' %'
        when 'rounded' then
            cast(cast(100 * told.value_low as integer) as varchar)
            || ' to ' || cast(cast(100 * told.value_high as integer) as varchar) || ' %'
        when 'not_received' then 'not received'
        else 'hidden'
    end as share,
    case
        when told.suppression = '' then
            cast(cast(100 * told.value_low as decimal(6, 1)) as varchar)
            || ' to ' || cast(cast(100 * told.value_high as decimal(6, 1)) as varchar) || ' %'
    end as share_between,
    trends.baseline_year,
    trends.change_points,
    trends.status,
    trends.target_year,
    trends.target_value,
    trends.distance_to_target_points,
    case
        when trends.target_value is null then 'no target'
        when trends.distance_to_target_points <= 0 then 'reached'
        else cast(cast(trends.distance_to_target_points as decimal(6, 1)) as varchar)
            || ' points short of ' || cast(cast(100 * trends.target_value as decimal(6, 1)) as varchar)
            || ' % by ' || cast(trends.target_year as varchar)
    end as against_target,
    told.school_year = max(told.school_year) over (
        partition by
            told.community_id, communities.title, told.indicator_id, indicators.title,
            case when indicators.is_default then 'default' else indicators.definition_version end,
            told.collection, told.geography_level, told.geography_id, geographies.title,
            told.disaggregate, subgroups.disaggregate_title, told.subgroup
    ) as is_latest_year
from published.indicator_values as told
inner join (
    select *, row_number() over (order by coalesce(outcome, indicator_id), title, definition_version) as sort_order
    from published.indicators
) as indicators
    on told.indicator_id = indicators.indicator_id and told.definition_version = indicators.definition_version
inner join published.subgroups as subgroups
    on told.disaggregate = subgroups.disaggregate and told.subgroup = subgroups.subgroup
inner join published.geographies as geographies
    on
        told.community_id = geographies.community_id
        and told.geography_level = geographies.geography_level
        and told.geography_id = geographies.geography_id
inner join published.geographies as communities
    on told.community_id = communities.community_id and communities.geography_level = 'community'
inner join published.school_years as school_years
    on
        told.community_id = school_years.community_id
        and told.school_year = school_years.school_year
        and told.collection = school_years.collection
left join published.indicator_trends as trends
    on
        told.community_id = trends.community_id
        and told.indicator_id = trends.indicator_id
        and told.definition_version = trends.definition_version
        and told.school_year = trends.school_year
        and told.collection = trends.collection
        and told.geography_level = trends.geography_level
        and told.geography_id = trends.geography_id
        and told.disaggregate = trends.disaggregate
        and told.subgroup = trends.subgroup
