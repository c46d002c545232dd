-- One row per row of indicator_gaps, with the year since when a subgroup is behind without a break, and one row
-- per hidden number of a subgroup, since a subgroup that cannot be compared is not one without a gap.
-- A window's partition names what readers filter by, titles too: only such a filter reaches the tables below it.
with places as (

    select
        geographies.community_id,
        communities.title as community,
        geographies.geography_level,
        geographies.geography_id,
        geographies.title as place
    from published.geographies as geographies
    inner join published.geographies as communities
        on geographies.community_id = communities.community_id and communities.geography_level = 'community'

),

versions as (

    select
        indicator_id,
        definition_version,
        title as indicator,
        case when is_default then 'default' else definition_version end as definition
    from published.indicators

),

gaps as (

    select
        told.*,
        places.community,
        places.place,
        versions.indicator,
        versions.definition,
        -- stays the same over school years that follow each other with the same status
        told.school_year - row_number() over (
            partition by
                told.community_id, places.community, told.indicator_id, versions.indicator, told.definition_version,
                versions.definition, told.collection, told.geography_level, told.geography_id, places.place,
                told.disaggregate, told.subgroup, told.reference, told.gap_status
            order by told.school_year
        ) as stretch
    from published.indicator_gaps as told
    inner join places
        on
            told.community_id = places.community_id
            and told.geography_level = places.geography_level
            and told.geography_id = places.geography_id
    inner join versions
        on told.indicator_id = versions.indicator_id and told.definition_version = versions.definition_version
    where told.subgroup <> 'all'

),

dated_gaps as (

    select
        *,
        case
            when gap_status = 'behind' then
                min(school_year) over (
                    partition by
                        community_id, community, indicator_id, indicator, definition_version, definition, collection,
                        geography_level, geography_id, place, disaggregate, subgroup, reference, gap_status, stretch
                )
        end as behind_since
    from gaps

),

hidden_numbers as (

    select
        told.*,
        places.community,
        places.place,
        versions.indicator,
        versions.definition,
        compared.reference
    from published.indicator_values as told
    inner join places
        on
            told.community_id = places.community_id
            and told.geography_level = places.geography_level
            and told.geography_id = places.geography_id
    inner join versions
        on told.indicator_id = versions.indicator_id and told.definition_version = versions.definition_version
    cross join (values ('best_off'), ('total')) as compared (reference)
    where told.suppression <> '' and told.subgroup <> 'all'

),

compared_and_hidden as (

    select
        community_id,
        community,
        indicator_id,
        indicator,
        definition_version,
        definition,
        school_year,
        collection,
        data_maturity,
        geography_level,
        geography_id,
        place,
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
        community,
        indicator_id,
        indicator,
        definition_version,
        definition,
        school_year,
        collection,
        data_maturity,
        geography_level,
        geography_id,
        place,
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
    make_date(told.school_year, 6, 30) as school_year_end,
    subgroups.disaggregate_title,
    subgroups.subgroup_title,
    subgroups.is_pair,
    subgroups.sort_order as subgroup_order,
    references_.subgroup_title as reference_title,
    told.school_year = max(told.school_year) over (
        partition by
            told.community_id, told.community, told.indicator_id, told.indicator, told.definition, told.collection,
            told.geography_level, told.geography_id, told.place, told.reference
    ) as is_latest_year
from compared_and_hidden as told
inner join published.subgroups as subgroups
    on told.disaggregate = subgroups.disaggregate and told.subgroup = subgroups.subgroup
left join published.subgroups as references_
    on
        told.reference_subgroup = references_.subgroup
        and references_.disaggregate = case when told.reference = 'total' then 'all' else told.disaggregate end
