-- One row per row of indicator_gaps, with the year since when a subgroup is behind without a break, and one row
-- per hidden number of a subgroup, since a subgroup that cannot be compared is not one without a gap.
with gaps as (

    select
        *,
        -- stays the same over school years that follow each other with the same status
        school_year - row_number() over (
            partition by
                community_id, indicator_id, definition_version, collection, geography_level, geography_id,
                disaggregate, subgroup, reference, gap_status
            order by school_year
        ) as stretch
    from published.indicator_gaps
    where subgroup <> 'all'

),

dated_gaps as (

    select
        *,
        case
            when gap_status = 'behind' then
                min(school_year) over (
                    partition by
                        community_id, indicator_id, definition_version, collection, geography_level,
                        geography_id, disaggregate, subgroup, reference, gap_status, stretch
                )
        end as behind_since
    from gaps

),

hidden_numbers as (

    select told.*, compared.reference
    from published.indicator_values as told
    cross join (select distinct reference from published.indicator_gaps) as compared
    where told.suppression <> '' and told.subgroup <> 'all'

),

compared_and_hidden as (

    select
        community_id,
        indicator_id,
        definition_version,
        school_year,
        collection,
        data_maturity,
        geography_level,
        geography_id,
        disaggregate,
        subgroup,
        reference,
        reference_subgroup,
        denominator,
        value,
        reference_value,
        gap_points,
        gap_points_low,
        gap_points_high,
        gap_status,
        children_to_close,
        behind_since,
        case when gap_points > 0 then '+' else '' end
        || cast(cast(gap_points as decimal(6, 1)) as varchar) as gap,
        cast(cast(gap_points_low as decimal(6, 1)) as varchar)
        || ' to ' || cast(cast(gap_points_high as decimal(6, 1)) as varchar) as gap_between
    from dated_gaps
    union all
    select
        community_id,
        indicator_id,
        definition_version,
        school_year,
        collection,
        data_maturity,
        geography_level,
        geography_id,
        disaggregate,
        subgroup,
        reference,
        null,
        denominator,
        null,
        null,
        null,
        null,
        null,
        case suppression when 'not_received' then 'not received' when 'suppressed' then 'hidden' else 'band' end,
        null,
        null,
        case suppression
            when 'not_received' then 'not received'
            when 'suppressed' then 'hidden'
            else 'only a band is told'
        end,
        null
    from hidden_numbers

)

select
    told.*,
    communities.title as community,
    indicators.title as indicator,
    case when indicators.is_default then 'default' else told.definition_version end as definition,
    make_date(told.school_year, 6, 30) as school_year_end,
    geographies.title as place,
    subgroups.disaggregate_title,
    subgroups.subgroup_title,
    subgroups.is_pair,
    subgroups.sort_order as subgroup_order,
    references_.subgroup_title as reference_title,
    told.school_year = max(told.school_year) over (
        partition by told.community_id, told.indicator_id, told.collection, told.geography_level, told.geography_id
    ) as is_latest_year
from compared_and_hidden as told
inner join published.indicators as indicators
    on told.indicator_id = indicators.indicator_id and told.definition_version = indicators.definition_version
inner join published.subgroups as subgroups
    on told.disaggregate = subgroups.disaggregate and told.subgroup = subgroups.subgroup
left join published.subgroups as references_
    on
        told.reference_subgroup = references_.subgroup
        and references_.disaggregate = case when told.reference = 'total' then 'all' else told.disaggregate end
inner join published.geographies as geographies
    on
        told.community_id = geographies.community_id
        and told.geography_level = geographies.geography_level
        and told.geography_id = geographies.geography_id
inner join published.geographies as communities
    on told.community_id = communities.community_id and communities.geography_level = 'community'
