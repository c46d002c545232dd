-- One row per kind of place, year and way of showing a number: how many there are. Of indicator_values alone, since
-- whoever counts them all needs no titles.
select
    told.community_id,
    communities.title as community,
    case when indicators.is_default then 'default' else indicators.definition_version end as definition,
    told.collection,
    told.school_year,
    told.geography_level,
    case told.suppression
        when '' then 'a number'
        when 'suppressed' then 'hidden'
        when 'not_received' then 'not received'
        else 'a band or range'
    end as shown_as,
    count(*) as numbers
from published.indicator_values as told
inner join published.indicators as indicators
    on told.indicator_id = indicators.indicator_id and told.definition_version = indicators.definition_version
inner join published.geographies as communities
    on told.community_id = communities.community_id and communities.geography_level = 'community'
group by
    told.community_id, communities.title,
    case when indicators.is_default then 'default' else indicators.definition_version end,
    told.collection, told.school_year, told.geography_level,
    case told.suppression
        when '' then 'a number'
        when 'suppressed' then 'hidden'
        when 'not_received' then 'not received'
        else 'a band or range'
    end
