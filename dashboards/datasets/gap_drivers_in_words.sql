-- One row per row of gap_drivers, with titles: the schools that hold a gap of the community.
-- A window's partition names what readers filter by, titles too: only such a filter reaches the tables below it.
select
    told.community_id,
    communities.title as community,
    told.indicator_id,
    indicators.title as indicator,
    case when indicators.is_default then 'default' else indicators.definition_version end as definition,
    told.definition_version,
    told.collection,
    told.school_year,
    told.data_maturity,
    told.disaggregate,
    subgroups.disaggregate_title,
    told.subgroup,
    subgroups.subgroup_title,
    subgroups.sort_order as subgroup_order,
    case when told.reference_subgroup = 'everyone_else' then 'everyone_else' else 'best_off' end as compared_with,
    told.reference_subgroup,
    coalesce(schools.title, 'All other schools together') as school,
    told.denominator,
    told.value,
    told.reference_value,
    told.gap_points,
    told.within_points,
    told.between_points,
    told.children_to_close,
    told.school_rank,
    told.school_year = max(told.school_year) over (
        partition by
            told.community_id, communities.title, told.indicator_id, indicators.title,
            case when indicators.is_default then 'default' else indicators.definition_version end, told.collection
    ) as is_latest_year
from published.gap_drivers as told
inner join published.indicators as indicators
    on told.indicator_id = indicators.indicator_id and told.definition_version = indicators.definition_version
inner join published.subgroups as subgroups
    on told.disaggregate = subgroups.disaggregate and told.subgroup = subgroups.subgroup
inner join published.geographies as communities
    on told.community_id = communities.community_id and communities.geography_level = 'community'
left join published.geographies as schools
    on
        told.community_id = schools.community_id
        and told.geography_id = schools.geography_id
        and schools.geography_level = 'school'
