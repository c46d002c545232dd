-- One row per delivery and rule that something in it broke.
select
    told.community_id,
    communities.title as community,
    told.partner_id,
    told.extract_id,
    told.load_id,
    cast(told.school_year as varchar)
    || case when told.collection = 'annual' then '' else ' ' || told.collection end as period,
    told.school_year,
    told.collection,
    told.rule,
    told.column_name,
    told.severity,
    told.n_violations,
    coalesce(cast(told.n_violations as varchar), 'not told') as violations,
    told.state,
    told.received_at
from published.load_quality as told
inner join published.geographies as communities
    on told.community_id = communities.community_id and communities.geography_level = 'community'
where told.rule <> 'not_checked' and not told.is_passed
