-- One row per place that something is told of. Lists of choices come from small tables: a list that asked every
-- number for its place would take longer than the chart that it is for.
select
    places.community_id,
    communities.title as community,
    places.geography_level,
    places.geography_id,
    places.title as place
from published.geographies as places
inner join published.geographies as communities
    on places.community_id = communities.community_id and communities.geography_level = 'community'
